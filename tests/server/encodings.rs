//! Databases whose encoding is not UTF-8: names, keys, kinds, results and errors are the same text as
//! everywhere.

use steward_tests::{Database, Session, tests};

tests![
    letters_outside_ascii_are_the_same_in_every_encoding,
    kinds_and_scopes_outside_ascii,
    names_that_are_long_in_utf8_only,
    bytes_of_no_encoding,
    a_key_that_utf8_lacks,
];

/// The last one is the control: there nothing is converted.
const ENCODINGS: [&str; 5] = ["LATIN1", "WIN1252", "EUC_JP", "SQL_ASCII", "UTF8"];

const TABLES: &str = r#"
    create table "größe" ("Schlüssel" text primary key, "geändert" timestamptz, "stufe ü" text not null);
    create table "übergänge" ("für" text, von text, nach text, um timestamptz, dauer bigint);
    create index on "übergänge" ("für", um);
    create table "abhängig" ("über" text, "nöt" text, "art ä" text);
    create index on "abhängig" ("über"); create index on "abhängig" ("nöt");
    insert into "abhängig" values ('tür', 'wände'), ('wände', 'größe');
    select steward.track_updated_at('"größe"', column_name => 'geändert');
    select steward.track_stages(
        '"größe"', stage => 'stufe ü', destination => '"übergänge"', key => 'Schlüssel', row_column => 'für',
        from_column => 'von', to_column => 'nach', at_column => 'um', duration_column => 'dauer'
    );
    select steward.guard_dependencies('"abhängig"', task => 'über', depends_on => 'nöt')"#;

fn letters_outside_ascii_are_the_same_in_every_encoding(database: &Database) {
    for encoding in ENCODINGS {
        let database = database.create_encoded(encoding);
        let mut owner = database.owner();
        assert_eq!(owner.value("show server_encoding"), encoding);
        owner.run(TABLES);
        stamps_and_stages(&mut owner);
        questions(&mut owner);
        errors(&mut owner);
        attachments(&mut owner);
    }
}

fn stamps_and_stages(owner: &mut Session) {
    owner.run(
        r#"insert into "größe" values ('ä1', null, 'früh'); update "größe" set "stufe ü" = 'spät'"#,
    );
    assert!(owner.holds(r#"select "geändert" is not null from "größe""#));
    assert_eq!(
        owner.rows(r#"select "für", von, nach from "übergänge" order by um"#),
        ["ä1|NULL|früh", "ä1|früh|spät"]
    );
}

fn questions(owner: &mut Session) {
    let table = r#"'"abhängig"'"#;
    for (question, answer) in [
        ("dependency_path(%, 'tür', 'größe')", "{tür,wände,größe}"),
        ("would_cycle(%, 'größe', 'tür')", "t"),
        ("dependencies(%, 'tür', max_depth => 1)", "(wände,1)"),
        ("dependents(%, 'größe', max_depth => 1)", "(wände,1)"),
        ("critical_path(%)", "(1,größe,1,1)"),
        ("topological_order(%)", "(1,größe,0)"),
    ] {
        let question = question.replace('%', table);
        let rows = owner.rows(&format!("select steward.{question}"));
        assert_eq!(rows.first().map(String::as_str), Some(answer), "{question}");
    }
    let drawing = owner.value(&format!("select steward.dependency_graph({table})"));
    assert!(drawing.contains("[\"größe\"]"), "{drawing}");
    let problems = owner.rows(&format!("select steward.verify_dependencies({table})"));
    assert!(problems.is_empty(), "{problems:?}");
}

fn errors(owner: &mut Session) {
    assert_eq!(
        owner
            .refusal(r#"insert into "abhängig" values ('größe', 'tür')"#)
            .to_string(),
        "23514: a dependency in public.\"abhängig\" would close a cycle\n\
         DETAIL: Each waits for the next: größe -> tür -> wände -> größe.\n\
         HINT: Nothing can wait for itself, not even through others: leave this dependency out, or remove another one \
         of the cycle first.\n\
         SCHEMA: public\n\
         TABLE: abhängig\n\
         CONSTRAINT: abhängig_acyclic"
    );
    let refusal =
        owner.refusal(r#"select steward.track_updated_at('"größe"', column_name => 'verändert')"#);
    assert_eq!(
        (refusal.sqlstate(), refusal.message(), refusal.detail()),
        (
            "42703",
            "column \"verändert\" of table public.\"größe\" does not exist",
            Some("Its columns are: \"Schlüssel\", \"geändert\", \"stufe ü\".")
        )
    );
    let refusal = owner.refusal(r#"select steward.detach('"größe"', 'prüfung')"#);
    assert_eq!(refusal.message(), "there is no capability 'prüfung'");
    // A notice, which is no error.
    owner.run(r#"select steward.detach('"größe"', 'stages', name => 'keiner für mich')"#);
    assert_eq!(
        owner.notices(),
        ["NOTICE: stages is not attached to public.\"größe\" under the name \"keiner für mich\""]
    );
}

fn attachments(owner: &mut Session) {
    assert_eq!(
        owner.rows("select target, capability, name, arguments, bound_table from steward.attachments order by 2"),
        [
            "\"abhängig\"|dependencies|steward_dependencies|{über,nöt}|\"abhängig_rank\"",
            "\"größe\"|stages|steward_stufe ü|{Schlüssel,\"stufe ü\",für,von,nach,um,dauer}|\"übergänge\"",
            "\"größe\"|timestamps|steward_geändert|{geändert}|NULL",
        ]
    );
    owner.run(
        r#"select steward.detach('"größe"', 'timestamps', name => 'steward_geändert');
           select steward.detach('"größe"', 'stages');
           select steward.detach('"abhängig"', 'dependencies')"#,
    );
    assert_eq!(owner.value("select count(*) from steward.attachments"), "0");
    assert_eq!(
        owner.value(r#"select to_regclass('"abhängig_rank"')"#),
        "NULL"
    );
}

fn kinds_and_scopes_outside_ascii(database: &Database) {
    for encoding in ENCODINGS {
        let database = database.create_encoded(encoding);
        let mut owner = database.owner();
        owner.run(
            "create table edges (task_id text, depends_on text, art text, projekt text);
             create index on edges (task_id); create index on edges (depends_on);
             select steward.guard_dependencies(
                 'edges', kind => 'art', blocking_kinds => '{wartet für,müßig}', reversed_kinds => '{gehört zu}',
                 scope => 'projekt', name => 'größe'
             );
             insert into edges values ('ä', 'ö', 'müßig', 'süd'), ('ü', 'ö', 'gehört zu', 'süd')",
        );
        assert_eq!(
            owner.value("select name || ' ' || arguments::text || ' ' || bound_table from steward.attachments"),
            "steward_größe {task_id,depends_on,scope=projekt,kind=art,\"blocking=wartet für\",blocking=müßig,\
             \"reversed=gehört zu\"} \"edges_größe_rank\""
        );
        let refusal = owner.refusal("insert into edges values ('ü', 'ä', 'wartet für', 'süd')");
        assert_eq!(
            (refusal.sqlstate(), refusal.detail()),
            ("23514", Some("Each waits for the next: ü -> ä -> ö -> ü."))
        );
        owner.run("insert into edges values ('ü', 'ä', 'erwähnt', 'süd')");
        let refusal = owner.refusal("insert into edges values ('ö', 'ß', 'müßig', 'nörd')");
        assert_eq!(refusal.sqlstate(), "23514");
        // Called again it does nothing: the choice is read back as it was written.
        let before = owner.value("select oid from pg_trigger where tgname = 'steward_größe'");
        owner.run(
            "select steward.guard_dependencies(
                 'edges', kind => 'art', blocking_kinds => '{wartet für,müßig}', reversed_kinds => '{gehört zu}',
                 scope => 'projekt', name => 'größe'
             )",
        );
        let after = owner.value("select oid from pg_trigger where tgname = 'steward_größe'");
        assert_eq!(before, after);
    }
}

/// 63 letters are 63 bytes in one encoding and 126 in another.
fn names_that_are_long_in_utf8_only(database: &Database) {
    let database = database.create_encoded("LATIN1");
    let mut owner = database.owner();
    let name = "ü".repeat(63);
    owner.run(&format!(
        "create table \"{name}\" (task_id text, depends_on text, updated_at timestamptz);
         create index on \"{name}\" (task_id); create index on \"{name}\" (depends_on);
         select steward.track_updated_at('\"{name}\"', name => '{name}ä');
         select steward.guard_dependencies('\"{name}\"')"
    ));
    assert_eq!(
        owner.rows("select name from steward.attachments order by capability"),
        ["steward_dependencies".to_owned(), name.clone()]
    );
    owner.run(&format!(
        "insert into \"{name}\" values ('ä', 'ö');
         select steward.track_updated_at('\"{name}\"', name => '{name}ä');
         select steward.detach('\"{name}\"', 'timestamps', name => '{name}')"
    ));
}

/// Bytes that are no UTF-8 are keys as good as others where the database takes them. The client is
/// told of them in hexadecimal: it could not read them either.
fn bytes_of_no_encoding(database: &Database) {
    let database = database.create_encoded("SQL_ASCII");
    let mut owner = database.owner();
    owner.run(
        r"create table edges (task_id text, depends_on text);
          create index on edges (task_id); create index on edges (depends_on);
          insert into edges values (E'gr\xf6\xdfe', E'\xfc'), (E'\xfc', E'\xee\xbe\x80');
          select steward.guard_dependencies('edges');
          create function hex(text) returns text language sql as
              $$ select pg_catalog.encode(pg_catalog.convert_to($1, 'SQL_ASCII'), 'hex') $$",
    );
    assert_eq!(
        owner.rows(
            r"select hex(node) from unnest(
                  steward.dependency_path('edges', E'gr\xf6\xdfe', E'\xee\xbe\x80')) as node"
        ),
        ["6772f6df65", "fc", "eebe80"]
    );
    assert_eq!(
        owner
            .rows("select hex(task) from steward.topological_order('edges') order by \"position\""),
        ["eebe80", "fc", "6772f6df65"]
    );
    owner.run(
        r"create function refused() returns text language plpgsql as $$
          declare detail text;
          begin
              insert into edges values (E'\xee\xbe\x80', E'\xfc');
              return 'not refused';
          exception when check_violation then
              get stacked diagnostics detail = pg_exception_detail;
              return hex(detail);
          end $$",
    );
    let detail =
        "select hex(E'Each waits for the next: \\xee\\xbe\\x80 -> \\xfc -> \\xee\\xbe\\x80.')";
    let expected = owner.value(detail);
    assert_eq!(owner.value("select refused()"), expected);
}

/// The byte 0x81 is no letter of WIN1252, which the server only notices when it has to convert it.
fn a_key_that_utf8_lacks(database: &Database) {
    let database = database.create_encoded("WIN1252");
    let mut owner = database.owner();
    owner.run(
        "create table edges (task_id text, depends_on text);
         create index on edges (task_id); create index on edges (depends_on);
         select steward.guard_dependencies('edges');
         insert into edges values (chr(129), 'b'), ('b', 'c')",
    );
    let nowhere = "character with byte sequence 0x81 in encoding \"WIN1252\" has no equivalent in encoding \"UTF8\"";
    for statement in [
        "insert into edges values ('c', chr(129))",
        "select steward.dependency_path('edges', chr(129), 'c')",
        "select length(steward.dependency_graph('edges'))",
        "select steward.detach('edges', chr(129))",
        "select steward.guard_dependencies('edges', kind => 'task_id', blocking_kinds => array[chr(129)])",
    ] {
        let refusal = owner.refusal(statement);
        assert_eq!(
            (refusal.sqlstate(), refusal.message()),
            ("22P05", nowhere),
            "{statement}"
        );
    }
    assert_eq!(owner.value("select count(*) from edges"), "2");
}
