//! Directives that differ in many locations in the same way: told once.

use std::collections::BTreeMap;

use super::seek::Told;

/// The fewest locations for which that is done.
const LEAST: usize = 3;

/// Directives that differ in these classes, wherever they differ at all, and in the same way.
#[derive(PartialEq, Eq, Debug)]
pub(super) struct Fold {
    pub(super) directives: Vec<Told>,
    /// The indices of the classes.
    pub(super) classes: Vec<usize>,
}

/// Takes out of what differs in each class what differs alike in all classes in which the directive
/// differs.
pub(super) fn fold(told: &mut [Vec<Told>]) -> Vec<Fold> {
    let mut classes = BTreeMap::<Told, Vec<usize>>::new();
    let mut differs = BTreeMap::<&str, usize>::new();
    for (index, directives) in told.iter().enumerate() {
        for directive in directives {
            classes.entry(directive.clone()).or_default().push(index);
            *differs.entry(directive.0).or_default() += 1;
        }
    }
    classes.retain(|(name, ..), classes| classes.len() >= LEAST && classes.len() == differs[name]);
    let mut folds = Vec::<Fold>::new();
    // In the order in which they are told.
    for (index, directives) in told.iter().enumerate() {
        for directive in directives {
            let Some(classes) = classes.get(directive).filter(|all| all[0] == index) else {
                continue;
            };
            match folds.iter_mut().find(|fold| fold.classes == *classes) {
                Some(fold) => fold.directives.push(directive.clone()),
                None => folds
                    .push(Fold { directives: vec![directive.clone()], classes: classes.clone() }),
            }
        }
    }
    for directives in told {
        directives.retain(|directive| !classes.contains_key(directive));
    }
    folds
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_alike_is_taken_out() {
        let told = |name, value: &str| -> Told { (name, String::new(), value.to_owned()) };
        let (gzip, zstd) = (told("gzip", "on"), told("zstd", "on"));
        let root = |value| told("root", value);
        let mut all = vec![
            vec![gzip.clone(), zstd.clone(), root("a")],
            vec![],
            vec![gzip.clone(), root("b"), zstd.clone()],
            vec![gzip.clone(), root("b"), zstd.clone(), told("etag", "off")],
        ];
        let folds = fold(&mut all);
        let expected = Fold { directives: vec![gzip.clone(), zstd], classes: vec![0, 2, 3] };
        assert_eq!(folds, [expected]);
        let left = [vec![root("a")], vec![], vec![root("b")], vec![root("b"), told("etag", "off")]];
        assert_eq!(all, left);
        // Two are few.
        let mut few = vec![vec![gzip.clone()], vec![gzip.clone()]];
        assert!(fold(&mut few).is_empty() && few[0] == [gzip]);
    }
}
