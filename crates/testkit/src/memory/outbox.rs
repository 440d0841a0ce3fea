use std::collections::BTreeSet;
use std::sync::Arc;

use domain::delivery::{Claimed, Deliveries, Delivery, DeliveryId, Outbox};
use domain::id::StoreId;
use domain::time::Instant;
use domain::unit_of_work::StoreError;

use super::image::{Image, Tenant};
use super::table::length;
use super::unit::{OpenStore, OpenUnit};

/// A delivery in the outbox. Why it was not delivered is for an operator, and here is none.
#[derive(Clone)]
pub(super) struct Mailing {
    delivery: Delivery,
    tries: u32,
    state: State,
}

#[derive(Clone, Copy)]
enum State {
    /// Waits for its turn.
    Free,
    /// Somebody's until then.
    Leased(Instant),
    /// Given up at that moment.
    Dead(Instant),
}

impl Mailing {
    fn is_dead(&self) -> bool {
        matches!(self.state, State::Dead(_))
    }

    fn was_given_up_before(&self, oldest: Instant) -> bool {
        matches!(self.state, State::Dead(at) if at < oldest)
    }

    fn is_free(&self, now: Instant) -> bool {
        let free = match self.state {
            State::Free => true,
            State::Leased(until) => until <= now,
            State::Dead(_) => false,
        };
        free && self.delivery.due <= now
    }
}

impl Tenant {
    fn put_delivery(&mut self, delivery: &Delivery) {
        if !self.outbox.contains(&delivery.id) {
            let mailing = Mailing { delivery: delivery.clone(), tries: 0, state: State::Free };
            self.outbox.put(delivery.id, Arc::new(mailing));
        }
    }

    /// The first of each line, where it can be claimed.
    fn claimable(&self, now: Instant) -> impl Iterator<Item = &Delivery> {
        let mut lines = BTreeSet::new();
        let living = self.outbox.values().filter(|mailing| !mailing.is_dead());
        let first = living.filter(move |mailing| lines.insert(mailing.delivery.line));
        first.filter(move |mailing| mailing.is_free(now)).map(|mailing| &mailing.delivery)
    }

    fn mailing(&mut self, id: DeliveryId) -> Option<&mut Mailing> {
        self.outbox.get_mut(&id).map(Arc::make_mut)
    }
}

impl Image {
    fn lease(&mut self, store: StoreId, id: DeliveryId, until: Instant) -> Option<Claimed> {
        let mailing = self.tenants.get_mut(&store)?.mailing(id)?;
        mailing.tries = mailing.tries.saturating_add(1);
        mailing.state = State::Leased(until);
        Some(Claimed { store, delivery: mailing.delivery.clone(), tries: mailing.tries })
    }

    /// What is claimed as it was. `None` when it is not, or not there.
    fn claimed(&mut self, claimed: &Claimed) -> Option<&mut Mailing> {
        let mailing = self.tenants.get_mut(&claimed.store)?.mailing(claimed.delivery.id)?;
        let as_it_was = matches!(mailing.state, State::Leased(_)) && mailing.tries == claimed.tries;
        as_it_was.then_some(mailing)
    }

    fn remove_delivery(&mut self, store: StoreId, id: DeliveryId) {
        if let Some(tenant) = self.tenants.get_mut(&store) {
            tenant.outbox.remove(&id);
        }
    }

    /// Which deliveries of all stores were given up before `oldest`.
    fn dead_before(&self, oldest: Instant, limit: u32) -> Vec<(StoreId, DeliveryId)> {
        let all = self.tenants.iter().flat_map(|(store, tenant)| {
            tenant.outbox.iter().map(move |(id, mailing)| (*store, *id, mailing))
        });
        let dead = all.filter(|(.., mailing)| mailing.was_given_up_before(oldest));
        dead.take(length(limit)).map(|(store, id, _)| (store, id)).collect()
    }
}

impl Outbox for OpenStore<'_, '_> {
    fn put(&mut self, deliveries: &[Delivery]) -> Result<(), StoreError> {
        self.write(|tenant| {
            for delivery in deliveries {
                tenant.put_delivery(delivery);
            }
            Ok(())
        })
    }
}

/// Writers take turns, so no two workers claim at once.
impl Deliveries for OpenUnit<'_> {
    fn claim(
        &mut self,
        now: Instant,
        leased_until: Instant,
        limit: u32,
    ) -> Result<Vec<Claimed>, StoreError> {
        self.write(|image| {
            let of_store = |(store, tenant): (&StoreId, &Tenant)| {
                let due = tenant.claimable(now).map(|it| (it.due, *store, it.id));
                due.collect::<Vec<_>>()
            };
            let mut due: Vec<_> = image.tenants.iter().flat_map(of_store).collect();
            due.sort_unstable();
            due.truncate(length(limit));
            let lease = |(_, store, id)| image.lease(store, id, leased_until);
            Ok(due.into_iter().filter_map(lease).collect())
        })
    }

    fn delivered(&mut self, claimed: &Claimed) -> Result<bool, StoreError> {
        self.write(|image| {
            let as_it_was = image.claimed(claimed).is_some();
            if as_it_was {
                image.remove_delivery(claimed.store, claimed.delivery.id);
            }
            Ok(as_it_was)
        })
    }

    fn postpone(
        &mut self,
        claimed: &Claimed,
        due: Instant,
        _why: &str,
    ) -> Result<bool, StoreError> {
        self.write(|image| {
            let Some(mailing) = image.claimed(claimed) else { return Ok(false) };
            (mailing.delivery.due, mailing.state) = (due, State::Free);
            Ok(true)
        })
    }

    fn bury(&mut self, claimed: &Claimed, now: Instant, _why: &str) -> Result<bool, StoreError> {
        self.write(|image| {
            let Some(mailing) = image.claimed(claimed) else { return Ok(false) };
            mailing.delivery.sealed.clear();
            mailing.state = State::Dead(now);
            Ok(true)
        })
    }

    fn forget_dead(&mut self, oldest: Instant, limit: u32) -> Result<(), StoreError> {
        self.write(|image| {
            for (store, id) in image.dead_before(oldest, limit) {
                image.remove_delivery(store, id);
            }
            Ok(())
        })
    }
}
