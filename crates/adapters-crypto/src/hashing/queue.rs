use std::collections::VecDeque;
use std::mem;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// First come, first served, by several threads. It is not bounded itself: who adds to it holds a
/// place.
pub(crate) struct Queue<T> {
    state: Mutex<State<T>>,
    ready: Condvar,
}

struct State<T> {
    items: VecDeque<T>,
    closed: bool,
}

/// What a thread that asks for work is told.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Next<T> {
    /// This is next.
    Item(T),
    /// Nothing came for as long as it would wait.
    Nothing,
    /// Nothing will come any more.
    End,
}

impl<T> Queue<T> {
    /// An empty queue.
    pub(crate) fn new() -> Self {
        let state = State { items: VecDeque::new(), closed: false };
        Self { state: Mutex::new(state), ready: Condvar::new() }
    }

    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds to the end; gives it back when the queue is closed.
    pub(crate) fn push(&self, item: T) -> Result<(), T> {
        let mut state = self.state();
        if state.closed {
            return Err(item);
        }
        state.items.push_back(item);
        drop(state);
        self.ready.notify_one();
        Ok(())
    }

    /// Waits for what is next: as long as `patience` allows, or until something comes.
    pub(crate) fn take(&self, patience: Option<Duration>) -> Next<T> {
        let idle = |state: &mut State<T>| state.items.is_empty() && !state.closed;
        let state = self.state();
        let mut state = match patience {
            Some(patience) => {
                let waited = self.ready.wait_timeout_while(state, patience, idle);
                waited.unwrap_or_else(PoisonError::into_inner).0
            }
            None => self.ready.wait_while(state, idle).unwrap_or_else(PoisonError::into_inner),
        };
        match state.items.pop_front() {
            Some(item) => Next::Item(item),
            None if state.closed => Next::End,
            None => Next::Nothing,
        }
    }

    /// Takes no more, and drops what waits.
    pub(crate) fn close(&self) {
        let mut state = self.state();
        state.closed = true;
        let dropped = mem::take(&mut state.items);
        drop(state);
        self.ready.notify_all();
        drop(dropped);
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn what_comes_first_is_served_first() {
        let queue = Queue::new();
        for item in 1..=3 {
            queue.push(item).unwrap();
        }
        assert_eq!([(); 3].map(|()| queue.take(None)), [1, 2, 3].map(Next::Item));
    }

    #[test]
    fn patience_ends() {
        assert_eq!(Queue::<u8>::new().take(Some(Duration::from_millis(1))), Next::Nothing);
    }

    #[test]
    fn a_closed_queue_drops_what_waits_and_takes_nothing() {
        let queue = Queue::new();
        queue.push(1).unwrap();
        queue.close();
        assert_eq!(queue.push(2), Err(2));
        assert_eq!(queue.take(None), Next::End);
        assert_eq!(queue.take(Some(Duration::from_secs(60))), Next::End);
    }

    #[test]
    fn waiting_threads_are_woken_by_the_end() {
        let queue = Queue::<u8>::new();
        thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(|| queue.take(None))).collect();
            queue.close();
            for thread in threads {
                assert_eq!(thread.join().unwrap(), Next::End);
            }
        });
    }
}
