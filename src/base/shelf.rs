//! A value that is replaced while it is used: who took it keeps what he took.

use std::sync::{Arc, PoisonError, RwLock};

/// Holds the value of today.
#[derive(Debug)]
pub struct Shelf<T>(RwLock<Arc<T>>);

impl<T> Shelf<T> {
    /// Begins with a value.
    pub fn new(value: impl Into<Arc<T>>) -> Self {
        Self(RwLock::new(value.into()))
    }

    /// The value of now; it does not change in the hands of who took it.
    pub fn get(&self) -> Arc<T> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Replaces it, and gives back what was there.
    pub fn put(&self, value: impl Into<Arc<T>>) -> Arc<T> {
        let mut place = self.0.write().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut place, value.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_took_a_value_keeps_it_and_the_next_gets_the_new_one() {
        let shelf = Shelf::new(1);
        let taken = shelf.get();
        assert_eq!(*shelf.put(2), 1);
        assert_eq!((*taken, *shelf.get()), (1, 2));
    }
}
