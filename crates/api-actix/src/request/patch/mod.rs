//! JSON Patch (RFC 6902) of a resource whose properties are known.
//!
//! Every property is always there, so an operation on a whole property becomes a replacement:
//! removing writes what unset means. Paths and names in values are brought into the printed
//! spelling first; `json_patch` does the rest.

mod shape;

pub(crate) use shape::{Kind, Shape};

use domain::error::Invalid;
use domain::resource::EditError;
use json_patch::{
    AddOperation, CopyOperation, MoveOperation, PatchErrorKind, PatchOperation, RemoveOperation,
    ReplaceOperation, TestOperation,
};
use serde_json::Value;

use self::shape::{Place, Slot, locate, unset};
use crate::problem::{Kind as ProblemKind, Problem};
use crate::request::fields::{Field, Fields, note};

/// A patch that can be applied, but for what depends on the resource.
#[derive(Debug)]
pub(crate) struct Patch {
    operations: Vec<Operation>,
    /// How many bytes `copy` may add.
    growth: usize,
}

/// One operation of the request, in the steps it takes.
#[derive(Debug)]
struct Operation {
    steps: Vec<PatchOperation>,
    /// Properties of the resource that it looks at or writes.
    properties: Vec<&'static str>,
    /// Those that it writes.
    written: Vec<&'static str>,
}

impl Patch {
    /// Reads a patch: a bare array, or an object with `operations`. At most `most` operations are
    /// taken, and they may copy at most `growth` bytes.
    ///
    /// # Errors
    /// No patch, too many operations, or every rule that one of them breaks.
    pub(crate) fn read(
        json: Value,
        shape: Shape,
        most: usize,
        growth: usize,
    ) -> Result<Self, Problem> {
        let mut invalid = Invalid::default();
        let operations = match json {
            Value::Array(operations) => operations,
            Value::Object(object) => {
                let mut fields = Fields::of(object, &["operations"], "", &mut invalid);
                fields.list("operations").or_unset().ok_or_else(not_a_patch)?
            }
            _ => return Err(not_a_patch()),
        };
        if operations.len() > most {
            let rule = format!("must be at most {most} operations");
            return Err(Problem::invalid(Invalid::one("operations", rule)));
        }
        let read = |(index, json)| Operation::read(json, index, shape, &mut invalid);
        let operations = operations.into_iter().enumerate().filter_map(read).collect();
        invalid.or(Self { operations, growth }).map_err(Problem::invalid)
    }

    /// Whether an operation looks at or writes `property`.
    pub(crate) fn names(&self, property: &str) -> bool {
        self.operations.iter().any(|operation| operation.properties.contains(&property))
    }

    /// Whether an operation writes `property`.
    pub(crate) fn writes(&self, property: &str) -> bool {
        self.operations.iter().any(|operation| operation.written.contains(&property))
    }

    /// Whether operations add to the relation `property` and do nothing else with it, and where
    /// they do so depends on nothing that is in it.
    pub(crate) fn only_adds_to(&self, property: &str) -> bool {
        let mut concerned =
            self.operations.iter().filter(|operation| operation.properties.contains(&property));
        concerned.clone().next().is_some() && concerned.all(Operation::is_addition)
    }

    /// About how many bytes applying it writes, beside what it copies.
    pub(crate) fn weight(&self) -> usize {
        let steps = self.operations.iter().flat_map(|operation| &operation.steps);
        steps.map(step_weight).fold(0, usize::saturating_add)
    }

    /// The same patch, where copies may add at most `growth` bytes.
    pub(crate) fn copying_at_most(self, growth: usize) -> Self {
        Self { growth, ..self }
    }

    /// Applies the operations to `resource`, all or, failing, none that anybody sees.
    ///
    /// # Errors
    /// A `test` failed, an operation names what is not there, copies grow too large.
    pub(crate) fn apply(&self, mut resource: Value) -> Result<Value, EditError> {
        let mut growth = self.growth;
        for (index, operation) in self.operations.iter().enumerate() {
            for step in &operation.steps {
                if let PatchOperation::Copy(copy) = step {
                    let weight = resource.pointer(copy.from.as_str()).map_or(0, weight);
                    growth = growth.checked_sub(weight).ok_or_else(|| too_much(index))?;
                }
                json_patch::patch_unsafe(&mut resource, std::slice::from_ref(step))
                    .map_err(|error| refused(index, step, &error.kind))?;
            }
        }
        Ok(resource)
    }
}

fn not_a_patch() -> Problem {
    let detail = "A patch is an array of operations, or an object with operations.";
    Problem::because(ProblemKind::MalformedBody, detail)
}

fn too_much(index: usize) -> EditError {
    let rule = "must not copy more than a request may hold";
    EditError::Invalid(Invalid::one(format!("operations[{index}].from"), rule))
}

fn refused(index: usize, step: &PatchOperation, error: &PatchErrorKind) -> EditError {
    if let PatchOperation::Test(test) = step {
        return EditError::TestFailed(format!("Operation {index}: {} differs.", test.path));
    }
    let (member, rule) = match error {
        PatchErrorKind::InvalidFromPointer => ("from", "must name something that is there"),
        PatchErrorKind::CannotMoveInsideItself => ("path", "must not lie inside of from"),
        _ => ("path", "must name something that is there"),
    };
    EditError::Invalid(Invalid::one(format!("operations[{index}].{member}"), rule))
}

/// About how many bytes a value takes as JSON.
fn weight(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 8,
        Value::String(text) => text.len() + 2,
        Value::Array(items) => 2 + items.iter().map(weight).sum::<usize>(),
        Value::Object(members) => {
            2 + members.iter().map(|(key, value)| key.len() + 4 + weight(value)).sum::<usize>()
        }
    }
}

fn step_weight(step: &PatchOperation) -> usize {
    match step {
        PatchOperation::Add(add) => weight(&add.value),
        PatchOperation::Replace(replace) => weight(&replace.value),
        PatchOperation::Remove(_)
        | PatchOperation::Move(_)
        | PatchOperation::Copy(_)
        | PatchOperation::Test(_) => 0,
    }
}

/// The members of one operation. `operationType` and others are ignored.
const MEMBERS: &[&str] = &["op", "path", "from", "value"];

impl Operation {
    /// Reads one operation; broken rules go to `invalid`.
    fn read(json: Value, index: usize, shape: Shape, invalid: &mut Invalid) -> Option<Self> {
        let place = format!("operations[{index}]");
        let Value::Object(object) = json else {
            note(invalid, place, "must be an object");
            return None;
        };
        let fields = Fields::of(object, MEMBERS, format!("{place}."), invalid);
        Members { fields, shape }.operation()
    }

    /// Whether it adds an element at the end of a relation or before its first.
    fn is_addition(&self) -> bool {
        let [PatchOperation::Add(add)] = self.steps.as_slice() else {
            return false;
        };
        let mut tokens = add.path.tokens().skip(1);
        let at = tokens.next().is_some_and(|token| matches!(token.encoded(), "-" | "0"));
        at && tokens.next().is_none()
    }

    fn of(place: &Place, steps: Vec<PatchOperation>) -> Self {
        Self { steps, properties: vec![place.property], written: vec![place.property] }
    }
}

struct Members<'i> {
    fields: Fields<'i>,
    shape: Shape,
}

impl Members<'_> {
    fn operation(&mut self) -> Option<Operation> {
        let op = self.required("op")?.to_ascii_lowercase();
        let place = self.place("path")?;
        if op == "test" {
            let value = self.value(&place)?;
            let path = place.pointer.clone();
            let test = PatchOperation::Test(TestOperation { path, value });
            return Some(Operation { written: Vec::new(), ..Operation::of(&place, vec![test]) });
        }
        self.writable(&place, "path")?;
        match op.as_str() {
            "add" => self.add(&place),
            "replace" => self.replace(&place),
            "remove" => Some(Operation::of(&place, vec![removal(&place)])),
            "copy" => self.copy(&place),
            "move" => self.relocate(&place),
            _ => {
                self.fields.broken("op", "must be add, remove, replace, move, copy or test");
                None
            }
        }
    }

    fn add(&mut self, place: &Place) -> Option<Operation> {
        let Slot::Element(_) = place.slot else {
            return self.replace(place);
        };
        let (path, value) = (place.pointer.clone(), self.value(place)?);
        Some(Operation::of(place, vec![PatchOperation::Add(AddOperation { path, value })]))
    }

    fn replace(&mut self, place: &Place) -> Option<Operation> {
        let (path, value) = (place.pointer.clone(), self.value(place)?);
        Some(Operation::of(place, vec![PatchOperation::Replace(ReplaceOperation { path, value })]))
    }

    fn copy(&mut self, place: &Place) -> Option<Operation> {
        let source = self.place("from")?;
        Some(Operation {
            properties: vec![place.property, source.property],
            ..Operation::of(place, vec![copy(&source, place)])
        })
    }

    fn relocate(&mut self, place: &Place) -> Option<Operation> {
        let source = self.place("from")?;
        self.writable(&source, "from")?;
        let inside = place.pointer.as_str().strip_prefix(source.pointer.as_str());
        if inside.is_some_and(|rest| rest.starts_with('/')) {
            self.fields.broken("path", "must not lie inside of from");
            return None;
        }
        let steps = match source.slot {
            _ if inside == Some("") => Vec::new(),
            Slot::Element(_) => vec![PatchOperation::Move(MoveOperation {
                from: source.pointer.clone(),
                path: place.pointer.clone(),
            })],
            Slot::Property(_) => vec![copy(&source, place), removal(&source)],
        };
        let properties = vec![place.property, source.property];
        Some(Operation { steps, written: properties.clone(), properties })
    }

    fn required(&mut self, name: &str) -> Option<String> {
        let field = self.fields.text(name, Ok::<_, &str>);
        if matches!(field, Field::Absent | Field::Null) {
            self.fields.broken(name, "must be given");
        }
        field.or_unset()
    }

    fn place(&mut self, name: &str) -> Option<Place> {
        let pointer = self.required(name)?;
        let place = locate(self.shape, &pointer);
        place.map_err(|rule| self.fields.broken(name, rule)).ok()
    }

    fn value(&mut self, place: &Place) -> Option<Value> {
        let Some(value) = self.fields.any("value") else {
            self.fields.broken("value", "must be given");
            return None;
        };
        place.slot.spelled(value).map_err(|rule| self.fields.broken("value", rule)).ok()
    }

    fn writable(&mut self, place: &Place, name: &str) -> Option<()> {
        if let Slot::Property(Kind::Fixed) = place.slot {
            self.fields.broken(name, "must not name a read-only property");
            return None;
        }
        Some(())
    }
}

fn copy(source: &Place, place: &Place) -> PatchOperation {
    let (from, path) = (source.pointer.clone(), place.pointer.clone());
    PatchOperation::Copy(CopyOperation { from, path })
}

/// What removing means: elements go, properties take the value of an unset one.
fn removal(place: &Place) -> PatchOperation {
    let path = place.pointer.clone();
    let value = match place.slot {
        Slot::Element(_) => return PatchOperation::Remove(RemoveOperation { path }),
        Slot::Property(Kind::Flag) => Value::Bool(false),
        Slot::Property(Kind::List(_)) => Value::Array(Vec::new()),
        Slot::Property(Kind::Object(shape)) => Value::Object(unset(shape)),
        Slot::Property(Kind::Fixed | Kind::Text | Kind::Value) => Value::Null,
    };
    PatchOperation::Replace(ReplaceOperation { path, value })
}

#[cfg(test)]
mod tests;
