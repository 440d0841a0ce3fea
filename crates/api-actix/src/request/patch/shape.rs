use json_patch::jsonptr::index::Index;
use json_patch::jsonptr::{PointerBuf, Token};
use serde_json::{Map, Value};

/// What a patch may do to a property.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    /// Read-only: it can be tested and copied from.
    Fixed,
    /// A string or null; removed it is null.
    Text,
    /// Null or one value of whatever type; removed it is null.
    Value,
    /// An object whose members are always there; removed, each is null.
    Object(Shape),
    /// A boolean; removed it is false.
    Flag,
    /// A relation: an array of objects; removed it is empty.
    List(Shape),
}

/// The properties of a resource, as the API prints them.
pub(crate) type Shape = &'static [(&'static str, Kind)];

/// A place that a pointer names.
#[derive(Clone, Debug)]
pub(super) struct Place {
    /// The pointer in the printed spelling.
    pub(super) pointer: PointerBuf,
    /// The property of the resource in which it lies.
    pub(super) property: &'static str,
    /// What is there.
    pub(super) slot: Slot,
}

/// What a pointer leads to.
#[derive(Clone, Copy, Debug)]
pub(super) enum Slot {
    /// A property.
    Property(Kind),
    /// An element of a relation of this shape.
    Element(Shape),
}

/// Finds the place that `pointer` names, ignoring case. The error is the broken rule.
pub(super) fn locate(shape: Shape, pointer: &str) -> Result<Place, &'static str> {
    let syntax = "must be a JSON Pointer (RFC 6901), such as /firstName";
    let given = PointerBuf::parse(pointer).map_err(|_| syntax)?;
    let mut tokens = given.tokens();
    let first = tokens.next().ok_or("must name a property")?;
    let (property, kind) = find(shape, &first)?;
    let mut place = Place {
        pointer: PointerBuf::from_tokens([property]),
        property,
        slot: Slot::Property(kind),
    };
    for token in tokens {
        place.slot = step(place.slot, &token, &mut place.pointer)?;
    }
    Ok(place)
}

fn step(slot: Slot, token: &Token<'_>, pointer: &mut PointerBuf) -> Result<Slot, &'static str> {
    match slot {
        Slot::Property(Kind::List(shape)) => {
            let index = token.to_index().map_err(|_| "must name an element by its index or -")?;
            pointer.push_back(match index {
                Index::Num(index) => Token::from(index),
                Index::Next => Token::new("-"),
            });
            Ok(Slot::Element(shape))
        }
        Slot::Element(shape) | Slot::Property(Kind::Object(shape)) => {
            let (name, kind) = find(shape, token)?;
            pointer.push_back(name);
            Ok(Slot::Property(kind))
        }
        Slot::Property(_) => Err("must not lead into a value"),
    }
}

fn find(shape: Shape, token: &Token<'_>) -> Result<(&'static str, Kind), &'static str> {
    let name = token.decoded();
    let found = shape.iter().find(|(known, _)| known.eq_ignore_ascii_case(&name));
    found.copied().ok_or("must name a property that there is")
}

impl Slot {
    /// `value` with names and numbers in the printed spelling, so that a later operation finds
    /// what an earlier one wrote. The error is the broken rule.
    pub(super) fn spelled(self, value: Value) -> Result<Value, &'static str> {
        match (self, value) {
            (Self::Property(Kind::List(shape)), Value::Array(items)) => {
                let items = items.into_iter().map(|item| Self::Element(shape).spelled(item));
                items.collect::<Result<_, _>>().map(Value::Array)
            }
            (Self::Element(shape), Value::Object(object)) => {
                spelled(shape, object).map(Value::Object)
            }
            (Self::Property(Kind::Object(shape)), Value::Object(object)) => {
                let mut whole = unset(shape);
                whole.extend(spelled(shape, object)?);
                Ok(Value::Object(whole))
            }
            (_, value) => Ok(whole(value)),
        }
    }
}

/// An object in which nothing is set.
pub(super) fn unset(shape: Shape) -> Map<String, Value> {
    shape.iter().map(|(name, _)| ((*name).to_owned(), Value::Null)).collect()
}

fn spelled(shape: Shape, object: Map<String, Value>) -> Result<Map<String, Value>, &'static str> {
    let mut spelled = Map::new();
    for (key, value) in object {
        let known = shape.iter().find(|(known, _)| known.eq_ignore_ascii_case(&key));
        let key = known.map_or(key, |(known, _)| (*known).to_owned());
        if spelled.insert(key, whole(value)).is_some() {
            return Err("must not give a property twice");
        }
    }
    Ok(spelled)
}

/// A number without fraction as an integer: RFC 6902 §4.6 compares numbers by their value.
fn whole(value: Value) -> Value {
    let number = value.as_f64().filter(|number| number.fract() == 0.0);
    #[expect(clippy::cast_possible_truncation, reason = "checked to be exact by the comparison")]
    let integer = number.map(|number| number as i64);
    match (integer, &value) {
        #[expect(clippy::cast_precision_loss, reason = "an exact round trip")]
        (Some(integer), Value::Number(n)) if n.is_f64() && Some(integer as f64) == number => {
            integer.into()
        }
        _ => value,
    }
}
