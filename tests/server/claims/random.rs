//! Random queues against the order that plain SQL gives them.

use steward_tests::{Database, Session, tests};

use crate::churn::random::Random;

use super::{TASKS, TRACK};

tests![the_queue_agrees_with_plain_sql];

const QUEUES: u64 = 60;
const LABELS: [&str; 4] = ["urgent", "high", "medium", "low"];

fn the_queue_agrees_with_plain_sql(database: &Database) {
    let mut owner = database.owner();
    owner.run(TASKS);
    owner.run(TRACK);
    owner.run(
        "create policy odd on tasks to writer using (id % 2 = 1);
         grant select, update on tasks to writer;
         alter table tasks enable row level security",
    );
    let mut writer = database.session(steward_tests::Role::Writer);
    for seed in 1..=QUEUES {
        let mut random = Random::seeded(seed);
        fill(&mut owner, &mut random);
        let list = list(&mut random);
        agrees(&mut owner, &list, "true", seed);
        agrees(&mut writer, &list, "id % 2 = 1", seed);
    }
}

fn fill(owner: &mut Session, random: &mut Random) {
    owner.run("delete from edges; delete from tasks");
    let count = random.below(80);
    for id in 1..=count {
        let priority = match random.below(5) {
            4 => "null".to_owned(),
            at => format!("'{}'", LABELS[usize::try_from(at).expect("small")]),
        };
        let due = match random.below(4) {
            3 => "null".to_owned(),
            day => format!("date '2030-01-01' + {day}"),
        };
        let status = ["open", "open", "open", "done", "cancelled"]
            [usize::try_from(random.below(5)).expect("small")];
        owner.run(&format!("insert into tasks (id, status, priority, due_date) values ({id}, '{status}', {priority}, {due})"));
        if random.happens(30) {
            let past = if random.happens(50) { "-" } else { "" };
            owner.run(&format!(
                "update tasks_readiness set is_ready = false, claimed_until = now() + interval '{past}1 hour'
                 where task = {id} and state = 0"
            ));
        }
        if random.happens(20) && id > 1 {
            let blocker = 1 + random.below(id - 1);
            owner.run(&format!("insert into edges values ({id}, {blocker})"));
        }
    }
    owner.run("create or replace view readiness as select * from tasks_readiness; grant select on readiness to writer");
    owner.run("grant select on edges to writer");
}

fn list(random: &mut Random) -> Vec<&'static str> {
    let mut labels = LABELS.to_vec();
    for at in (1..labels.len()).rev() {
        labels.swap(
            at,
            usize::try_from(random.below(at as u64 + 1)).expect("small"),
        );
    }
    labels.truncate(usize::try_from(random.below(5)).expect("small"));
    labels
}

fn agrees(session: &mut Session, list: &[&str], visible: &str, seed: u64) {
    let list = list.join(",");
    let plain = session.rows(&format!(
        "select id from tasks join readiness on task = id
         where {visible} and status = 'open' and (claimed_until > now()) is not true
             and not exists (
                 select from edges join readiness as blocker on blocker.task = depends_on
                 where task_id = id and blocker.state <> 1
             )
         order by case when tasks.priority is null then 100 else coalesce(array_position('{{{list}}}'::text[], tasks.priority::text), 50) end,
             tasks.priority, due_date, id"
    ));
    let queue = session.rows(&format!(
        "select * from steward.ready_tasks('tasks', 1000, '{{{list}}}')"
    ));
    assert_eq!(queue, plain, "queue {seed}, {list}");
    let claims = session.rows(&format!(
        "begin; select task from steward.claim_task('tasks', 'a', priorities => '{{{list}}}'); rollback"
    ));
    assert_eq!(
        claims,
        plain.into_iter().take(1).collect::<Vec<_>>(),
        "claim {seed}, {list}"
    );
}
