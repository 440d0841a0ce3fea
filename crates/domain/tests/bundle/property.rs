//! Whatever happened in a store, and whatever is changed in its bundle.

use proptest::prelude::*;
use testkit::block_on;

use crate::file::{Bundle, judge};
use crate::scene::{HARD, Scene};

/// Something that happens in a store.
#[derive(Clone, Copy, Debug)]
enum Step {
    User,
    Profile,
    Group,
    Erase,
    Seal,
    Rotate,
}

fn step() -> impl Strategy<Value = Step> {
    use Step::{Erase, Group, Profile, Rotate, Seal, User};
    prop_oneof![4 => Just(User), 2 => Just(Profile), 2 => Just(Group), 1 => Just(Erase),
        3 => Just(Seal), 1 => Just(Rotate)]
}

/// What is done to a file, at places that are taken modulo what there is.
#[derive(Clone, Debug)]
enum Mutation {
    /// A byte becomes another one.
    Byte(usize, u8),
    /// A byte goes.
    ByteGone(usize),
    /// A byte comes.
    ByteMore(usize, u8),
    /// The file ends.
    End(usize),
    /// A line goes.
    Line(usize),
    /// A line comes twice.
    Double(usize, usize),
    /// Two lines change places.
    Swap(usize, usize),
    /// Two lines change places, and the leaves are numbered anew.
    SwapNumbered(usize, usize),
}

fn mutation() -> impl Strategy<Value = Mutation> {
    use Mutation::{Byte, ByteGone, ByteMore, Double, End, Line, Swap, SwapNumbered};
    let (at, other) = (any::<usize>(), any::<usize>());
    prop_oneof![
        (at, 1..=u8::MAX).prop_map(|(at, by)| Byte(at, by)),
        at.prop_map(ByteGone),
        (at, any::<u8>()).prop_map(|(at, byte)| ByteMore(at, byte)),
        at.prop_map(End),
        at.prop_map(Line),
        (at, other).prop_map(|(line, to)| Double(line, to)),
        (at, other).prop_map(|(one, two)| Swap(one, two)),
        (at, other).prop_map(|(one, two)| SwapNumbered(one, two)),
    ]
}

async fn happen(steps: &[Step]) -> Bundle {
    let scene = Scene::new().await;
    let (mut users, mut keys) = (Vec::new(), 0);
    for (number, step) in steps.iter().enumerate() {
        match (step, users.last().copied()) {
            (Step::Profile, Some(user)) => {
                scene.profile(user, &format!("key-{number}"), HARD).await;
            }
            (Step::Erase, Some(user)) => {
                scene.erase(user).await;
                users.pop();
            }
            (Step::Seal, _) => scene.seal().await,
            (Step::Rotate, _) => {
                keys += 1;
                scene.rotate([100 + keys; 32]).await;
            }
            (Step::Group, _) => scene.group(&format!("group-{number}")).await,
            (Step::User | Step::Profile | Step::Erase, _) => {
                users.push(scene.user(&format!("user-{number}")).await);
            }
        }
    }
    scene.export().await
}

fn mutated(bundle: &Bundle, mutation: &Mutation) -> Vec<u8> {
    let (mut file, mut lines) = (bundle.file(), bundle.clone());
    let (bytes, count) = (file.len(), lines.0.len());
    match *mutation {
        Mutation::Byte(at, by) => file[at % bytes] ^= by,
        Mutation::ByteGone(at) => drop(file.remove(at % bytes)),
        Mutation::ByteMore(at, byte) => file.insert(at % (bytes + 1), byte),
        Mutation::End(at) => file.truncate(at % bytes),
        Mutation::Line(at) => {
            lines.0.remove(at % count);
            return lines.file();
        }
        Mutation::Double(line, to) => {
            let line = lines.0[line % count].clone();
            lines.0.insert(to % (count + 1), line);
            return lines.file();
        }
        Mutation::Swap(one, two) => {
            lines.0.swap(one % count, two % count);
            return lines.file();
        }
        Mutation::SwapNumbered(one, two) => {
            let (head, rest) = (lines.head(), count - lines.head());
            lines.0.swap(head + one % rest, head + two % rest);
            return lines.renumbered().file();
        }
    }
    file
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn whatever_happened_is_good_and_whatever_is_changed_is_found(
        steps in prop::collection::vec(step(), 0..24),
        mutations in prop::collection::vec(mutation(), 32),
    ) {
        let bundle = block_on(happen(&steps));
        let good = bundle.file();
        let report = judge(&good);
        prop_assert_eq!(report.fault, None);
        prop_assert_eq!(report.size, Some(bundle.number("size")));
        for mutation in mutations {
            let file = mutated(&bundle, &mutation);
            let found = judge(&file).fault;
            prop_assert_eq!(found.is_none(), file == good, "{:?}", mutation);
        }
    }
}
