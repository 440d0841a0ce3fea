use std::fmt;

/// A property that filters can name. Implemented by one enum per resource.
pub trait Property: Copy + Eq + fmt::Debug + Send + Sync + 'static {
    /// Every property, for messages and documentation.
    const ALL: &'static [Self];

    /// As the API prints it.
    fn name(self) -> &'static str;

    /// What its values are.
    fn kind(self) -> Kind;
}

/// What the values of a property are: it decides which comparisons and operands go with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text, compared in its folded form (see [`crate::text::Folded`]).
    Text,
    /// Text, compared as typed.
    ExactText,
    /// A UUID.
    Id,
    /// True or false.
    Flag,
    /// A whole number.
    Number,
    /// A point in time.
    Instant,
}

/// Defines the enum of the properties of a resource: variant, printed name and kind, once each.
macro_rules! properties {
    (
        $(#[$doc:meta])*
        $visibility:vis enum $type:ident { $($variant:ident, $name:literal, $kind:ident;)+ }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        $visibility enum $type {
            $(#[doc = concat!("`", $name, "`")] $variant,)+
        }

        impl $crate::filter::Property for $type {
            const ALL: &'static [Self] = &[$(Self::$variant),+];

            fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }

            fn kind(self) -> $crate::filter::Kind {
                match self { $(Self::$variant => $crate::filter::Kind::$kind),+ }
            }
        }
    };
}
pub(crate) use properties;
