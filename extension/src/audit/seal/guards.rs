//! What lets changes go unseen from now on: guards and audit triggers that do not fire.

use crate::audit::log::{Log, guard};
use crate::pg::statement;

use super::table::Seals;
use super::verify::Problem;

/// The problems of the log's guard, of the audit triggers that write into it, and of the settings under
/// which none of them fires.
pub(super) fn problems(log: &Log, seals: &Seals) -> Vec<Problem> {
    let queries = [
        ("guard disabled", guards(log, seals)),
        ("audit disabled", disabled_triggers(log)),
        ("audit missing", missing_triggers(log)),
        ("replication role", REPLICATION_ROLES.to_owned()),
    ];
    let found = queries.into_iter().flat_map(|(problem, query)| {
        let details = statement::query(&query).into_iter().flatten().flatten();
        details.map(move |detail| Problem::of_log(problem, detail))
    });
    found.collect()
}

/// The bits of `pg_trigger.tgtype` as `pg_trigger.h` has them: for each row, INSERT, DELETE and UPDATE.
const EVERY_ROW: u8 = 1 | 4 | 8 | 16;
/// TRUNCATE.
const TRUNCATE: u8 = 32;

/// The tables of the log that lack a guard which always fires.
fn guards(log: &Log, seals: &Seals) -> String {
    format!(
        "with guarded (oid) as (
             select {root}::oid union all select {seals}::oid
             union all select inhrelid from pg_inherits where inhparent = {root}
         ), needed (bits, what) as (
             values ({EVERY_ROW}, 'rows of %s can be written by hand'), ({TRUNCATE}, '%s can be truncated')
         )
         select format(needed.what, guarded.oid::regclass) from guarded cross join needed
         where not exists (
             select from pg_trigger as t
             where t.tgrelid = guarded.oid and t.tgfoid = 'steward.{function}'::regproc
                 and t.tgtype & needed.bits = needed.bits and t.tgenabled in ('O', 'A')
                 and t.tgqual is null and t.tgattr = ''
         )
         order by 1",
        root = log.oid.to_u32(),
        seals = seals.oid.to_u32(),
        function = guard::FUNCTION,
    )
}

/// The audit triggers that write into the log, row triggers and those for TRUNCATE, as a table `audit`.
fn audit_triggers(log: &Log) -> String {
    format!(
        "trigger as (
             select t.*, p.proname = 'record_truncate' as of_truncate
             from pg_trigger as t join pg_proc as p on p.oid = t.tgfoid
             where p.pronamespace = 'steward'::regnamespace and p.proname in ('record_change', 'record_truncate')
         ), audit as (
             select t.* from trigger as t
             where exists (
                 select from trigger as bound
                 where bound.tgrelid = t.tgrelid and bound.tgconstrrelid = {}
                     and (bound.oid = t.oid or t.of_truncate and bound.tgargs = t.tgargs)
             )
         )",
        log.oid.to_u32(),
    )
}

fn disabled_triggers(log: &Log) -> String {
    format!(
        "with {}
         select format('trigger %I of %s', tgname, tgrelid::regclass) from audit
         where tgenabled not in ('O', 'A') order by 1",
        audit_triggers(log),
    )
}

/// TRUNCATE triggers are not inherited: a partition that was added later has none. One without a row
/// trigger beside it was left by somebody who dropped that, or by a partition that lost it when it was
/// detached; into which log it recorded cannot be told.
fn missing_triggers(log: &Log) -> String {
    format!(
        "with {}
         select format('changes of rows of %s are not recorded: trigger %I is left without its row trigger, here or in another log', t.tgrelid::regclass, t.tgname)
         from trigger as t where t.of_truncate and not exists (
             select from trigger as row where row.tgrelid = t.tgrelid and not row.of_truncate and row.tgargs = t.tgargs
         )
         union all
         select distinct format('TRUNCATE of %s is not recorded, as that of %s is', leaf.relid, audit.tgrelid::regclass)
         from audit cross join pg_partition_tree(audit.tgrelid) as leaf
         where audit.of_truncate and leaf.isleaf and not exists (
             select from trigger as t where t.tgrelid = leaf.relid and t.of_truncate and t.tgargs = audit.tgargs
         )
         order by 1",
        audit_triggers(log),
    )
}

/// Under `replica` only triggers that are ENABLE ALWAYS fire.
const REPLICATION_ROLES: &str = "
    select concat_ws(' ', 'session_replication_role is replica for',
        case when s.setrole = 0 then 'every role' else format('role %I', pg_get_userbyid(s.setrole)) end,
        case when s.setdatabase = 0 then 'in every database' else 'in this database' end)
    from pg_db_role_setting as s cross join unnest(s.setconfig) as setting
    where setting = 'session_replication_role=replica'
        and s.setdatabase in (0, (select oid from pg_database where datname = current_database()))
    union all
    select 'session_replication_role is replica in this session'
    where current_setting('session_replication_role') = 'replica'
    order by 1";
