//! Values are those of `to_jsonb`, and the same whatever the session has set.

use steward_tests::{Database, Session, tests};

use super::{AUDIT, count, owner_with_log};

tests![
    values_of_every_type,
    names_of_objects_do_not_follow_the_path,
    a_control_without_pinned_settings_is_found_out,
    settings_are_as_before,
];

/// A type and values of it.
const TYPES: &[(&str, &[&str])] = &[
    ("boolean", &["true", "false"]),
    ("smallint", &["-32768", "32767"]),
    ("integer", &["-2147483648", "2147483647"]),
    (
        "bigint",
        &["-9223372036854775808", "9223372036854775807", "0"],
    ),
    ("real", &["1.1", "NaN", "-Infinity", "1e-40", "-0"]),
    (
        "double precision",
        &[
            "0.1",
            "NaN",
            "Infinity",
            "-Infinity",
            "1e308",
            "0.30000000000000004",
            "-0",
        ],
    ),
    (
        "numeric",
        &[
            "NaN",
            "Infinity",
            "-Infinity",
            "1.10",
            "1e-30",
            "123456789012345678901234567890.10",
        ],
    ),
    ("numeric(6,2)", &["1.5", "NaN"]),
    ("money", &["12.30", "-1"]),
    (
        "text",
        &["", "it's \"q\" \\ \n\t\u{1}", "ä€😀", "null", "{}"],
    ),
    ("varchar(5)", &["abc", "ä€😀"]),
    ("char(5)", &["abc", ""]),
    ("name", &["abc"]),
    ("\"char\"", &["a"]),
    ("bytea", &["\\x00ff5c", ""]),
    (
        "date",
        &[
            "infinity",
            "-infinity",
            "2024-02-29",
            "0044-03-15 BC",
            "5874897-12-31",
        ],
    ),
    ("time", &["23:59:59.999999", "24:00:00"]),
    ("timetz", &["23:59:59+05:30"]),
    (
        "timestamp",
        &[
            "infinity",
            "-infinity",
            "2024-02-29 12:00:00.1",
            "0044-03-15 BC",
            "294276-12-31 23:59:59.999999",
        ],
    ),
    ("timestamp(0)", &["2024-02-29 12:00:00.6"]),
    (
        "timestamptz",
        &[
            "infinity",
            "-infinity",
            "2024-07-01 12:00:00.000001+00",
            "0044-03-15 00:00+00 BC",
        ],
    ),
    (
        "interval",
        &[
            "1 year 2 months -3 days 04:05:06.7",
            "-1 day",
            "0",
            "1 week ago",
        ],
    ),
    ("uuid", &["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"]),
    (
        "json",
        &[
            "{\"b\":  1, \"b\": 2, \"a\": [1.50, null]}",
            "null",
            "\"x\"",
            "1.0",
        ],
    ),
    (
        "jsonb",
        &[
            "{\"b\": {\"c\": [1.50, null, []]}, \"a\": {}}",
            "null",
            "\"x\"",
            "1.0",
            "[]",
            "true",
        ],
    ),
    ("xml", &["<a>b</a>"]),
    ("inet", &["192.168.1.5/24", "::1"]),
    ("cidr", &["10.0.0.0/8"]),
    ("macaddr", &["08:00:2b:01:02:03"]),
    ("macaddr8", &["08:00:2b:01:02:03:04:05"]),
    ("bit(3)", &["101"]),
    ("varbit", &["10101", ""]),
    ("tsvector", &["'a':1A 'fat':2,4"]),
    ("tsquery", &["a & !b"]),
    ("point", &["(1,2)", "(NaN,Infinity)"]),
    ("line", &["{1,2,3}"]),
    ("lseg", &["[(0,0),(1,1)]"]),
    ("box", &["(1,1),(0,0)"]),
    ("path", &["[(0,0),(1,1)]", "((0,0),(1,1))"]),
    ("polygon", &["((0,0),(1,1),(1,0))"]),
    ("circle", &["<(0,0),1.5>"]),
    ("oid", &["4294967295"]),
    ("xid", &["5"]),
    ("xid8", &["18446744073709551615"]),
    ("tid", &["(1,2)"]),
    ("pg_lsn", &["16/B374D848"]),
    ("pg_snapshot", &["10:20:10,14,15"]),
    ("regtype", &["integer"]),
    ("regclass", &["pg_class"]),
    ("int4range", &["[1,5)", "empty", "(,)"]),
    ("numrange", &["[1.10,2]"]),
    (
        "tstzrange",
        &["[2024-01-01 00:00+00,2024-07-01 00:00+00)", "[,infinity]"],
    ),
    ("daterange", &["[2024-01-01,)"]),
    ("int4multirange", &["{[1,2),[5,6)}", "{}"]),
    (
        "tstzmultirange",
        &["{[2024-01-01 00:00+00,2024-07-01 00:00+00)}"],
    ),
    (
        "integer[]",
        &["{}", "{1,NULL,2}", "{{1,2},{3,4}}", "[5:6]={1,2}"],
    ),
    ("timestamptz[]", &["{2024-07-01 12:00+00,infinity}"]),
    ("bytea[]", &["{\"\\\\x00ff\"}"]),
    ("interval[]", &["{1 day 02:00}"]),
    ("json[]", &["{\"{\\\"a\\\": 1}\",NULL}"]),
    ("mood", &["happy", "it's"]),
    ("mood[]", &["{happy}"]),
    ("moment", &["2024-07-01 12:00:00+00"]),
    ("moments", &["{2024-07-01 12:00:00+00}"]),
    (
        "pair",
        &[
            "(1,\"2024-07-01 12:00:00+00\",\"\\\\x00ff\",{0.1})",
            "(,,,)",
        ],
    ),
    ("pair[]", &["{\"(1,\\\"2024-07-01 12:00:00+00\\\",,)\"}"]),
];

const MADE_TYPES: &str = "
    create type mood as enum ('happy', 'it''s');
    create domain day_time as timestamptz check (value > '2000-01-01');
    create domain moment as day_time;
    create domain moments as timestamptz[];
    create type pair as (a integer, b timestamptz, c bytea, d float8[]);
    create table tasks (id serial primary key)";

const PINNED: &str =
    "set timezone = 'UTC'; set datestyle = 'ISO, MDY'; set intervalstyle = 'postgres';
    set bytea_output = 'hex'; set extra_float_digits = 1";

const SETTINGS: [&str; 4] = [
    "set timezone = 'Asia/Kathmandu'; set datestyle = 'German'; set intervalstyle = 'iso_8601';
     set bytea_output = 'escape'; set extra_float_digits = -15",
    "set timezone = 'America/St_Johns'; set datestyle = 'SQL, DMY'; set intervalstyle = 'sql_standard';
     set bytea_output = 'escape'; set extra_float_digits = 3",
    "set timezone = '<+05>-05'; set datestyle = 'Postgres, MDY'; set intervalstyle = 'postgres_verbose'; set extra_float_digits = 0",
    PINNED,
];

/// A column of every type, and a table of the same columns with all the values.
fn owner_of_every_type(database: &Database) -> Session {
    let mut owner = owner_with_log(database);
    owner.run(PINNED);
    owner.run(MADE_TYPES);
    let columns: Vec<_> = TYPES
        .iter()
        .enumerate()
        .map(|(index, (name, _))| format!("c{index} {name}"))
        .collect();
    let columns = columns.join(", ");
    owner.run(&format!(
        "create table samples (id serial primary key, {columns}); create table everything (like samples including all);"
    ));
    owner.run("select steward.audit('everything', 'audit.log')");
    owner.run("insert into samples default values");
    for (index, (_, values)) in TYPES.iter().enumerate() {
        for value in *values {
            owner.run(&format!(
                "insert into samples (c{index}) values ({})",
                crate::hostile::literal(value)
            ));
        }
    }
    // And a row of all the first ones.
    let firsts: Vec<_> = TYPES
        .iter()
        .map(|(_, values)| crate::hostile::literal(values[0]))
        .collect();
    let names: Vec<_> = (0..TYPES.len()).map(|index| format!("c{index}")).collect();
    owner.run(&format!(
        "insert into samples ({}) values ({})",
        names.join(", "),
        firsts.join(", ")
    ));
    owner
}

fn values_of_every_type(database: &Database) {
    let mut owner = owner_of_every_type(database);
    for settings in SETTINGS {
        let mut writer = database.owner();
        writer.run(settings);
        writer.run("insert into everything select * from samples");
        let wrong = owner.rows(
            "select l.after - 'id', to_jsonb(s) - 'id' from audit.log as l
             join samples as s on s.id = (l.key ->> 'id')::integer
             where action = 'INSERT' and after::text is distinct from to_jsonb(s)::text",
        );
        assert!(wrong.is_empty(), "{settings}: {wrong:#?}");
        assert_eq!(
            count(&mut owner, "audit.log where action = 'INSERT'"),
            count(&mut owner, "samples")
        );
        // From nothing to a value and back: the columns that changed, and no others.
        writer.run("delete from everything where id > 1; insert into samples default values; update everything set id = id");
        for (index, (kind, _)) in TYPES.iter().enumerate() {
            let set = format!("update everything as e set c{index} = s.c{index} from samples as s
                where s.c{index} is not null and e.id = 1 and s.id = (select min(id) from samples where c{index} is not null)");
            let before = count(&mut owner, "audit.log");
            writer.run(&set);
            writer.run(&set);
            writer.run(&format!("update everything set c{index} = null"));
            let wrong = owner.rows(&format!(
                "select l.before, l.after from (select * from audit.log order by sequence offset {before}) as l
                 where before - 'c{index}' <> '{{}}' or after - 'c{index}' <> '{{}}'
                     or not (before -> 'c{index}' = 'null' or after -> 'c{index}' = 'null')"
            ));
            assert!(wrong.is_empty(), "{kind}: {wrong:?}");
            assert_eq!(count(&mut owner, "audit.log"), before + 2, "{kind}");
        }
        writer.run(
            "truncate everything; delete from samples where id > (select max(id) - 1 from samples)",
        );
        database.superuser().run("truncate audit.log");
    }
}

/// `regclass` and its like are shown by the search path.
fn names_of_objects_do_not_follow_the_path(database: &Database) {
    let mut owner = owner_with_log(database);
    owner.run("create schema other; create table other.things (id integer); create table tasks (id integer primary key, what regclass, kind regtype)");
    owner.run(AUDIT);
    owner.run("insert into tasks values (1, 'other.things', 'other.things')");
    owner.run("set search_path = other, public; insert into tasks values (2, 'things', 'things'); reset search_path");
    assert!(owner.holds("select count(distinct after - 'id') = 1 from audit.log"));
    assert_eq!(
        owner.value("select distinct after - 'id' from audit.log"),
        r#"{"kind": "other.things", "what": "other.things"}"#
    );
}

fn a_control_without_pinned_settings_is_found_out(database: &Database) {
    let mut owner = owner_of_every_type(database);
    owner.run(
        "create table control (key integer, after jsonb);
         create function record() returns trigger language plpgsql as $$ begin
             insert into control values (new.id, to_jsonb(new)); return null;
         end $$;
         create trigger record after insert on everything for each row execute function record()",
    );
    let mut writer = database.owner();
    writer.run(SETTINGS[0]);
    writer.run("insert into everything select * from samples");
    let wrong = owner.value("select count(*) from control join samples as s on s.id = key where after::text <> to_jsonb(s)::text");
    assert!(wrong.parse::<u32>().expect("a number") > 5, "{wrong}");
}

fn settings_are_as_before(database: &Database) {
    let mut owner = owner_with_log(database);
    owner.run("create table tasks (id integer primary key, at timestamptz, data json)");
    owner.run(AUDIT);
    owner.run(SETTINGS[0]);
    let shown = "select timestamptz '2024-07-01 12:00+00', interval '1 day 1 hour', '\\x00ff'::bytea, 0.1::float8 * 3,
        current_setting('timezone'), current_setting('datestyle'), current_setting('search_path')";
    let before = owner.value(shown);
    owner.run("insert into tasks values (1, now(), '{}')");
    assert_eq!(owner.value(shown), before);
    assert_eq!(
        owner.value(
            "insert into tasks values (2, now(), '1') returning timestamptz '2024-07-01 12:00+00'"
        ),
        before.split('|').next().expect("a value")
    );
    // After an error in the middle, too.
    owner.run("alter table audit.log rename column actor to who");
    assert_eq!(
        owner.sqlstate("insert into tasks values (3, now(), '1')"),
        "42809"
    );
    assert_eq!(owner.value(shown), before);
}
