use leptos::prelude::*;

/// Line icons on a grid of 16, drawn in the colour of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Icon {
    Planner,
    Variants,
    Refiner,
    Jobs,
    Settings,
    Alert,
    Check,
    Circle,
    Copy,
    Dice,
    Lock,
}

impl Icon {
    fn path(self) -> &'static str {
        match self {
            Self::Planner => {
                "M6.5 2 8 6l4 1.5L8 9l-1.5 4L5 9 1 7.5 5 6ZM12.5 10l.7 1.8 1.8.7-1.8.7-.7 1.8-.7-1.8-1.8-.7 1.8-.7ZM13 1.5v3M11.5 3h3"
            }
            Self::Variants => "M2 2h5v5H2ZM9 2h5v5H9ZM2 9h5v5H2ZM11.5 9v5M9 11.5h5",
            Self::Refiner => {
                "M2 14 10 6M8.5 4.5l3 3M12 1.5v3M10.5 3h3M3.5 3v2.6M2.2 4.3h2.6M12.7 10v2.6M11.4 11.3H14"
            }
            Self::Jobs => "M1.5 8h3l2-4.5 3 9 2-4.5h3",
            Self::Settings => "M1.5 4.5h6M11 4.5h3.5M1.5 11.5H5M8.5 11.5h6M9.25 2.75v3.5M6.75 9.75v3.5",
            Self::Alert => "M8 1.8 15 14H1ZM8 6.2v3.8M8 11.9v.2",
            Self::Check => "M2.5 8.5 6 12l7.5-8",
            Self::Circle => "M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11Z",
            Self::Copy => "M5.5 5.5h8v8h-8ZM10.5 5.5v-3h-8v8h3",
            Self::Dice => "M2.5 2.5h11v11h-11ZM5.3 5.3v.1M10.7 5.3v.1M8 8v.1M5.3 10.7v.1M10.7 10.7v.1",
            Self::Lock => "M3.5 7h9v6.5h-9ZM5.5 7V5a2.5 2.5 0 0 1 5 0v2",
        }
    }
}

/// Decoration: the words beside it carry the meaning.
pub fn icon(icon: Icon) -> impl IntoView {
    view! {
        <svg class="oc-icon" viewBox="0 0 16 16" aria-hidden="true">
            <path d=icon.path() />
        </svg>
    }
}
