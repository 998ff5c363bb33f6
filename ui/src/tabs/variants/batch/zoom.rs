//! Which pictures of a batch are looked at, and how closely: one zoom for all of them.

use openclaw_shared::params::between;

use crate::graph::number_text;

/// How large the part is that is shown, and where it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Zoom {
    /// 1 shows the whole picture.
    pub scale: f64,
    /// How far the picture is moved, in hundredths of its size.
    x: f64,
    y: f64,
}

impl Default for Zoom {
    fn default() -> Self {
        Self { scale: 1.0, x: 0.0, y: 0.0 }
    }
}

impl Zoom {
    /// A pixel of a picture of a thousand is then as large as a fingertip.
    pub const MAX: f64 = 8.0;

    pub fn to(self, scale: f64) -> Self {
        Self { scale: between(scale, 1.0, Self::MAX), ..self }.moved(0.0, 0.0)
    }

    /// Moved by hundredths of the picture, and never past its edge.
    pub fn moved(self, x: f64, y: f64) -> Self {
        let most = (self.scale - 1.0) * 50.0;
        Self { x: between(self.x + x, -most, most), y: between(self.y + y, -most, most), ..self }
    }

    /// For the style sheet.
    pub fn style(self) -> String {
        let text = |value: f64| number_text((value * 100.0).round() / 100.0);
        ["--oc-z:", &text(self.scale), ";--oc-x:", &text(self.x), "%;--oc-y:", &text(self.y), "%"].concat()
    }
}

/// The pictures that are shown large.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    pub at: usize,
    /// Stays beside it while that one changes.
    pub beside: Option<usize>,
}

impl Seen {
    /// The next one of `count`, or the one before.
    pub fn step(self, forward: bool, count: usize) -> Self {
        let at = if forward { self.at + 1 } else { self.at + count - 1 } % count.max(1);
        Self { at, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zoomed_picture_moves_up_to_its_edges_and_comes_back_whole() {
        let close = Zoom::default().to(3.0).moved(500.0, -20.0);
        assert_eq!(close.style(), "--oc-z:3;--oc-x:100%;--oc-y:-20%");
        assert_eq!(close.to(2.0).style(), "--oc-z:2;--oc-x:50%;--oc-y:-20%");
        assert_eq!(close.to(0.1), Zoom::default());
        assert_eq!(Zoom::default().moved(9.0, 9.0), Zoom::default());
        assert!(close.to(99.0).style().starts_with("--oc-z:8;"));
    }

    #[test]
    fn stepping_goes_round_and_leaves_what_is_beside() {
        let seen = Seen { at: 0, beside: Some(2) };
        assert_eq!(seen.step(false, 3), Seen { at: 2, beside: Some(2) });
        assert_eq!(seen.step(false, 3).step(true, 3), seen);
    }
}
