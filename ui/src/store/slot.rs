//! A value of the store that views follow.
//!
//! `RwSignal` would do, but it is compiled anew for each type that is kept in one, and the panel is downloaded by
//! everybody: here only the lock knows the type.

use std::ops::{Deref, DerefMut};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use leptos::prelude::{ArcTrigger, Notify, Track};

pub struct Slot<T> {
    value: RwLock<T>,
    changed: ArcTrigger,
}

impl<T> Slot<T> {
    pub fn new(value: T) -> Self {
        Self { value: RwLock::new(value), changed: ArcTrigger::new() }
    }

    /// Whoever reads runs again when the value changes.
    pub fn read(&self) -> RwLockReadGuard<'_, T> {
        self.changed.track();
        self.read_untracked()
    }

    pub fn read_untracked(&self) -> RwLockReadGuard<'_, T> {
        self.value.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells everybody when the guard goes.
    pub fn write(&self) -> Writing<'_, T> {
        let value = self.value.write().unwrap_or_else(PoisonError::into_inner);
        Writing { value: Some(value), changed: &self.changed }
    }

    pub fn set(&self, value: T) {
        *self.write() = value;
    }

    /// Has what reads it run again, although the value is as it was.
    pub fn notify(&self) {
        self.changed.notify();
    }
}

impl<T: Clone> Slot<T> {
    pub fn get(&self) -> T {
        self.read().clone()
    }

    pub fn get_untracked(&self) -> T {
        self.read_untracked().clone()
    }
}

pub struct Writing<'a, T> {
    /// `None` only while it is being dropped.
    value: Option<RwLockWriteGuard<'a, T>>,
    changed: &'a ArcTrigger,
}

impl<T> Deref for Writing<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.value.as_ref().expect("a guard in use has its value")
    }
}

impl<T> DerefMut for Writing<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        self.value.as_mut().expect("a guard in use has its value")
    }
}

impl<T> Drop for Writing<'_, T> {
    fn drop(&mut self) {
        // Readers that run at once must find the lock free.
        self.value = None;
        self.changed.notify();
    }
}

#[cfg(test)]
mod tests {
    use leptos::prelude::*;

    use super::*;

    #[test]
    fn whoever_has_read_sees_the_change() {
        let owner = Owner::new();
        owner.set();
        let slot: &'static Slot<Vec<u32>> = Box::leak(Box::new(Slot::new(vec![1])));
        let sum = Memo::new(move |_| slot.read().iter().sum::<u32>());
        assert_eq!(sum.get_untracked(), 1);
        slot.write().push(2);
        assert_eq!(sum.get_untracked(), 3);
        slot.set(vec![7]);
        assert_eq!((sum.get_untracked(), slot.get_untracked()), (7, vec![7]));
    }
}
