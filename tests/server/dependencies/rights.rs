//! With whose rights the guard works, and what it tells to whom.

use steward_tests::{Database, Role, Session, tests};

use super::owner_of_guarded_edges;

tests![
    a_writer_needs_no_right_on_the_ranks,
    the_path_is_told_to_who_may_read_it,
    the_path_is_hidden_by_row_level_security,
    a_forced_policy_hides_no_edge_from_the_guard,
    a_table_of_ranks_of_another_owner,
];

fn refusal_of(writer: &mut Session, sql: &str) -> Option<String> {
    let refusal = writer.refusal(sql);
    assert_eq!(refusal.sqlstate(), "23514", "{refusal}");
    refusal.detail().map(str::to_owned)
}

fn a_writer_needs_no_right_on_the_ranks(database: &Database) {
    let mut owner = owner_of_guarded_edges(database);
    owner.run("grant insert on edges to writer");
    let mut writer = database.session(Role::Writer);
    assert_eq!(writer.sqlstate("select from edges_rank"), "42501");
    writer.run("insert into edges values (1, 2), (2, 3), (5, 1), (3, 7)");
    writer.refusal("insert into edges values (7, 5)");
    super::assert_ranks_agree(&mut owner);
}

fn the_path_is_told_to_who_may_read_it(database: &Database) {
    let mut owner = owner_of_guarded_edges(database);
    owner.run("insert into edges values (1, 2), (2, 3); grant insert on edges to writer");
    let mut writer = database.session(Role::Writer);
    let close = "insert into edges values (3, 1)";
    assert_eq!(refusal_of(&mut writer, close), None);
    owner.run("grant select (task_id) on edges to writer");
    assert_eq!(refusal_of(&mut writer, close), None);
    owner.run("grant select (depends_on) on edges to writer");
    let path = Some("Each waits for the next: 3 -> 1 -> 2 -> 3.".to_owned());
    assert_eq!(refusal_of(&mut writer, close), path);
    owner.run(
        "revoke select (task_id, depends_on) on edges from writer; grant select on edges to writer",
    );
    assert_eq!(refusal_of(&mut writer, close), path);
}

fn the_path_is_hidden_by_row_level_security(database: &Database) {
    let mut owner = owner_of_guarded_edges(database);
    owner.run(
        "insert into edges values (1, 2), (2, 3); grant select, insert on edges to writer, stranger;
         alter table edges enable row level security;
         create policy own on edges to writer using (task_id > 2) with check (true)",
    );
    let mut writer = database.session(Role::Writer);
    let close = "insert into edges values (3, 1)";
    let refusal = writer.refusal(close);
    assert_eq!(
        (refusal.sqlstate(), refusal.detail()),
        ("23514", None),
        "{refusal}"
    );
    assert!(!refusal.to_string().contains("->"), "{refusal}");
    let path = Some("Each waits for the next: 3 -> 1 -> 2 -> 3.".to_owned());
    assert_eq!(
        refusal_of(&mut owner, close),
        path,
        "policies do not apply to the owner"
    );
    owner.run("alter table edges force row level security; create policy all_rows on edges to owner using (true)");
    assert_eq!(refusal_of(&mut owner, close), None);
    assert_eq!(refusal_of(&mut database.superuser(), close), path);
}

fn a_forced_policy_hides_no_edge_from_the_guard(database: &Database) {
    let mut owner = owner_of_guarded_edges(database);
    owner.run(
        "insert into edges values (1, 2), (2, 3); grant select, insert on edges to writer;
         alter table edges enable row level security; alter table edges force row level security;
         create policy none on edges using (false) with check (true)",
    );
    assert_eq!(
        refusal_of(
            &mut database.session(Role::Writer),
            "insert into edges values (3, 1)"
        ),
        None
    );
    assert_eq!(
        refusal_of(&mut owner, "insert into edges values (3, 1)"),
        None
    );
}

/// Anyone can write a trigger by hand. It must not reach what its table's owner could not write.
fn a_table_of_ranks_of_another_owner(database: &Database) {
    let mut owner = owner_of_guarded_edges(database);
    owner.run("insert into edges values (1, 2)");
    let mut stranger = database.session(Role::Stranger);
    stranger.run(
        "create table stranger.edges (task_id integer, depends_on integer);
         create index on stranger.edges (task_id); create index on stranger.edges (depends_on)",
    );
    let bind = "create constraint trigger attack after insert or update on stranger.edges from public.edges_rank
        deferrable for each row execute function steward.check_dependency('task_id', 'depends_on')";
    assert_eq!(stranger.sqlstate(bind), "42501");
    owner.run("grant trigger, select, insert on edges_rank to stranger");
    stranger.run(bind);
    let refusal = stranger.refusal("insert into stranger.edges values (2, 1), (7, 8)");
    assert_eq!(refusal.sqlstate(), "42501", "{refusal}");
    let refusal = database
        .superuser()
        .refusal("insert into stranger.edges values (7, 8)");
    assert_eq!(refusal.sqlstate(), "42501", "{refusal}");
    assert_eq!(owner.value("select count(*) from edges_rank"), "2");
}
