//! Jobs: leased, at least once, idempotent by their id.

use environment::Timestamp;
use store::{Change, Fault, Insertion, Job, LeaseEnd, Tx, Wake};

use crate::place::{Place, on_each_engine};

on_each_engine!(
    a_job_is_leased_once_and_again_when_its_lease_ran_out,
    a_finished_job_is_not_run_again_under_its_id,
    a_failed_job_comes_back_at_its_time_and_a_given_up_one_never,
    jobs_come_in_the_order_they_are_due_and_by_kind,
    a_job_of_a_refused_change_does_not_exist,
    many_workers_share_the_jobs,
    an_enqueued_job_wakes_its_workers,
    whoever_works_knows_when_the_first_job_of_all_kinds_is_due,
    what_makes_a_job_due_is_announced,
);

struct Enqueue {
    jobs: Vec<(&'static str, &'static str, Option<Timestamp>)>,
    refuse: bool,
}

impl Change for Enqueue {
    const NAME: &'static str = "enqueue";
    type Output = Vec<Insertion>;
    type Refusal = ();

    async fn apply(&self, tx: &mut Tx) -> Result<Vec<Insertion>, Fault<()>> {
        let mut insertions = Vec::new();
        for (kind, id, due) in &self.jobs {
            let mut job = Job::new(*kind, *id, &format!("payload of {id}"))?;
            if let Some(due) = due {
                job = job.not_before(*due);
            }
            insertions.push(tx.enqueue(job).await?);
        }
        if self.refuse { Err(Fault::Refused(())) } else { Ok(insertions) }
    }
}

async fn enqueue(
    place: &Place,
    jobs: Vec<(&'static str, &'static str, Option<Timestamp>)>,
) -> Vec<Insertion> {
    place.harbour().commit(&Enqueue { jobs, refuse: false }).await.unwrap()
}

fn now(place: &Place) -> Timestamp {
    place.store.environment().now()
}

async fn a_job_is_leased_once_and_again_when_its_lease_ran_out(place: Place) {
    enqueue(&place, vec![("mail", "1", None)]).await;
    let jobs = place.harbour().jobs();
    let first = jobs.lease("mail", now(&place), 60, 10).await.unwrap();
    assert_eq!(first.len(), 1);
    assert_eq!(first[0].payload::<String>().unwrap(), "payload of 1");
    assert_eq!(first[0].attempt(), 1);
    place.clock.advance(59);
    assert!(jobs.lease("mail", now(&place), 60, 10).await.unwrap().is_empty());
    place.clock.advance(1);
    let second = jobs.lease("mail", now(&place), 60, 10).await.unwrap();
    assert_eq!((second[0].id(), second[0].attempt()), ("1", 2));
    // The first worker comes too late and can neither finish nor fail what another holds.
    assert_eq!(jobs.complete(&first[0]).await.unwrap(), LeaseEnd::Lost);
    assert_eq!(jobs.fail(&first[0], None).await.unwrap(), LeaseEnd::Lost);
    assert_eq!(jobs.complete(&second[0]).await.unwrap(), LeaseEnd::Settled);
    assert_eq!(jobs.complete(&second[0]).await.unwrap(), LeaseEnd::Lost);
    assert_eq!(jobs.waiting("mail", 10).await.unwrap(), 0);
}

async fn a_finished_job_is_not_run_again_under_its_id(place: Place) {
    assert_eq!(enqueue(&place, vec![("mail", "1", None)]).await, [Insertion::Inserted]);
    assert_eq!(enqueue(&place, vec![("mail", "1", None)]).await, [Insertion::AlreadyThere]);
    let jobs = place.harbour().jobs();
    let lease = jobs.lease("mail", now(&place), 60, 10).await.unwrap().remove(0);
    assert_eq!(jobs.complete(&lease).await.unwrap(), LeaseEnd::Settled);
    assert_eq!(enqueue(&place, vec![("mail", "1", None)]).await, [Insertion::AlreadyThere]);
    assert!(jobs.lease("mail", now(&place), 60, 10).await.unwrap().is_empty());
    assert_eq!(enqueue(&place, vec![("mail", "2", None)]).await, [Insertion::Inserted]);
    assert_eq!(jobs.waiting("mail", 10).await.unwrap(), 1);
}

async fn a_failed_job_comes_back_at_its_time_and_a_given_up_one_never(place: Place) {
    enqueue(&place, vec![("mail", "1", None)]).await;
    let jobs = place.harbour().jobs();
    let lease = jobs.lease("mail", now(&place), 60, 10).await.unwrap().remove(0);
    let retry_at = now(&place).plus(10);
    assert_eq!(jobs.fail(&lease, Some(retry_at)).await.unwrap(), LeaseEnd::Settled);
    place.clock.advance(9);
    assert!(jobs.lease("mail", now(&place), 60, 10).await.unwrap().is_empty());
    place.clock.advance(1);
    let lease = jobs.lease("mail", now(&place), 60, 10).await.unwrap().remove(0);
    assert_eq!(lease.attempt(), 2);
    assert_eq!(jobs.fail(&lease, None).await.unwrap(), LeaseEnd::Settled);
    place.clock.advance(86_400);
    assert!(jobs.lease("mail", now(&place), 60, 10).await.unwrap().is_empty());
    assert_eq!(enqueue(&place, vec![("mail", "1", None)]).await, [Insertion::AlreadyThere]);
}

async fn jobs_come_in_the_order_they_are_due_and_by_kind(place: Place) {
    let at = |seconds| Some(engines::noon().plus(seconds));
    let jobs = vec![("mail", "late", at(9)), ("mail", "soon", at(3)), ("push", "other", at(1))];
    enqueue(&place, jobs).await;
    let jobs = place.harbour().jobs();
    assert!(jobs.lease("mail", engines::noon().plus(2), 60, 10).await.unwrap().is_empty());
    let leases = jobs.lease("mail", engines::noon().plus(9), 60, 1).await.unwrap();
    assert_eq!(leases.iter().map(store::Lease::id).collect::<Vec<_>>(), ["soon"]);
    let leases = jobs.lease("mail", engines::noon().plus(9), 60, 10).await.unwrap();
    assert_eq!(leases.iter().map(store::Lease::id).collect::<Vec<_>>(), ["late"]);
    assert!(
        place.kiln_north().jobs().lease("push", engines::noon().plus(9), 60, 1).await.unwrap().is_empty()
    );
}

async fn a_job_of_a_refused_change_does_not_exist(place: Place) {
    let change = Enqueue { jobs: vec![("mail", "1", None)], refuse: true };
    assert_eq!(place.harbour().commit(&change).await, Err(Fault::Refused(())));
    assert_eq!(place.harbour().jobs().waiting("mail", 10).await.unwrap(), 0);
}

async fn many_workers_share_the_jobs(place: Place) {
    let ids: Vec<String> = (0..60).map(|number| format!("job-{number:02}")).collect();
    for id in &ids {
        let id: &'static str = id.clone().leak();
        enqueue(&place, vec![("mail", id, None)]).await;
    }
    let workers: Vec<_> = (0..6)
        .map(|_| {
            let jobs = place.harbour().jobs();
            tokio::spawn(async move {
                let mut done = Vec::new();
                loop {
                    let leases = jobs.lease("mail", engines::noon(), 60, 4).await.unwrap();
                    if leases.is_empty() {
                        return done;
                    }
                    for lease in leases {
                        assert_eq!(jobs.complete(&lease).await.unwrap(), LeaseEnd::Settled);
                        done.push(lease.id().to_owned());
                    }
                }
            })
        })
        .collect();
    let mut done = Vec::new();
    for worker in workers {
        done.extend(worker.await.unwrap());
    }
    done.sort_unstable();
    assert_eq!(done, ids);
}

async fn an_enqueued_job_wakes_its_workers(place: Place) {
    let mut wakes = place.store.wakes();
    enqueue(&place, vec![("mail", "1", None)]).await;
    let expected = Wake::Jobs { tenant: place.harbour().id().clone(), kind: "mail".to_owned() };
    loop {
        let wake = wakes.next().await.unwrap();
        if wake == expected {
            break;
        }
        assert!(matches!(wake, Wake::Class { .. }));
    }
}

async fn whoever_works_knows_when_the_first_job_of_all_kinds_is_due(place: Place) {
    let jobs = place.harbour().jobs();
    assert_eq!(jobs.next_due().await.unwrap(), None);
    let noon = engines::noon();
    let at = |seconds| Some(noon.plus(seconds));
    // Kinds of which one begins as the other, and moments that are the last and the first that there are.
    let ages = (Timestamp::from_seconds(i64::MAX), Timestamp::from_seconds(i64::MIN));
    enqueue(&place, vec![("mail", "1", Some(ages.0)), ("mail2", "2", at(7)), ("push", "3", at(9))]).await;
    assert_eq!(jobs.next_due().await.unwrap(), at(7));
    let lease = jobs.lease("mail2", noon.plus(7), 60, 10).await.unwrap().remove(0);
    assert_eq!(jobs.next_due().await.unwrap(), at(9), "what is leased is due when its lease ends");
    let pushed = jobs.lease("push", noon.plus(9), 60, 10).await.unwrap().remove(0);
    assert_eq!(jobs.next_due().await.unwrap(), at(67));
    assert_eq!(jobs.complete(&pushed).await.unwrap(), LeaseEnd::Settled);
    assert_eq!(jobs.fail(&lease, at(8)).await.unwrap(), LeaseEnd::Settled);
    assert_eq!(jobs.next_due().await.unwrap(), at(8));
    enqueue(&place, vec![("zeal", "4", Some(ages.1))]).await;
    assert_eq!(jobs.next_due().await.unwrap(), Some(ages.1));
    assert_eq!(place.kiln_north().jobs().next_due().await.unwrap(), None);
}

async fn what_makes_a_job_due_is_announced(place: Place) {
    enqueue(&place, vec![("mail", "1", None)]).await;
    let (harbour, kiln_north) = (place.harbour(), place.kiln_north());
    let lease = harbour.jobs().lease("mail", now(&place), 60, 10).await.unwrap().remove(0);
    let mut wakes = place.store.wakes();
    assert_eq!(harbour.jobs().fail(&lease, Some(now(&place))).await.unwrap(), LeaseEnd::Settled);
    let wake = wakes.next().await.unwrap();
    assert!(wake.is_about_jobs_of(harbour.id()) && !wake.is_about_jobs_of(kiln_north.id()), "{wake:?}");
    assert!(Wake::Anything.is_about_jobs_of(kiln_north.id()));
}
