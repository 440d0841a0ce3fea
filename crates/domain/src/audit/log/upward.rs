use std::collections::HashMap;
use std::iter;

use super::tile::complete_root;
use super::{LogRepository, Tile, TileId, TreeHash};
use crate::unit_of_work::StoreError;

/// How many tiles of a level are full in a tree of `size` leaves.
fn full(size: u64, level: u8) -> u64 {
    size.checked_shr(Tile::HEIGHT * (u32::from(level) + 1)).unwrap_or(0)
}

/// The tiles that have full ones below them in a tree of `size` leaves.
pub(crate) fn upper_tiles(size: u64) -> impl Iterator<Item = TileId> + Send {
    let levels = (0..u8::MAX).take_while(move |level| full(size, *level) > 0);
    levels.flat_map(move |level| {
        let numbers = 0..full(size, level).div_ceil(1 << Tile::HEIGHT);
        numbers.map(move |number| TileId { level: level + 1, number })
    })
}

/// The first full tile right below `above` that is not there, or has not the root that stands above.
/// Where there is none below any of the [`upper_tiles`], and the tiles give the root of the tree, every
/// hash of every tile is right.
pub(crate) fn first_unfit(
    log: &mut dyn LogRepository,
    size: u64,
    above: TileId,
) -> Result<Option<TileId>, StoreError> {
    let Some(level) = above.level.checked_sub(1) else { return Ok(None) };
    let first = above.number << Tile::HEIGHT;
    let end = full(size, level).min(first + (1 << Tile::HEIGHT));
    let ids: Vec<_> = (first..end).map(|number| TileId { level, number }).collect();
    let roots = roots(&log.tiles(&ids)?);
    let told = log.tiles(&[above])?.pop().map(|tile| tile.hashes).unwrap_or_default();
    let told = told.into_iter().map(Some).chain(iter::repeat(None));
    let mut pairs = ids.into_iter().zip(told);
    let fits =
        |id: &TileId, told: Option<TreeHash>| told.is_some() && told == roots.get(id).copied();
    Ok(pairs.find(|(id, told)| !fits(id, *told)).map(|(id, _)| id))
}

fn roots(tiles: &[Tile]) -> HashMap<TileId, TreeHash> {
    tiles.iter().filter_map(|tile| Some((tile.id, complete_root(&tile.hashes)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::super::{Edge, MockLogRepository};
    use super::*;

    fn at(level: u8, number: u64) -> TileId {
        TileId { level, number }
    }

    /// The tiles of a tree of so many leaves.
    fn tree(size: u64) -> Vec<Tile> {
        let leaves: Vec<_> = (0..size).map(|leaf| TreeHash::leaf(&leaf.to_be_bytes())).collect();
        Edge::default().append(&leaves)
    }

    fn found(size: u64, tiles: &[Tile], above: TileId) -> Option<TileId> {
        let (mut log, tiles) = (MockLogRepository::new(), tiles.to_vec());
        log.expect_tiles().returning(move |ids| {
            Ok(tiles.iter().rev().filter(|tile| ids.contains(&tile.id)).cloned().collect())
        });
        first_unfit(&mut log, size, above).expect("it is read")
    }

    #[test]
    fn every_full_tile_is_below_another() {
        let upper = |size| upper_tiles(size).collect::<Vec<_>>();
        assert_eq!(upper(255), []);
        assert_eq!(upper(256), [at(1, 0)]);
        assert_eq!(upper(65_535), [at(1, 0)]);
        assert_eq!(upper(65_536), [at(1, 0), at(2, 0)]);
        assert_eq!(upper(65_536 + 256), [at(1, 0), at(1, 1), at(2, 0)]);
    }

    #[test]
    fn tiles_that_are_as_they_were_made_fit() {
        for size in [256, 600, 65_536 + 300] {
            let tiles = tree(size);
            for above in upper_tiles(size) {
                assert_eq!(found(size, &tiles, above), None, "{size} {above:?}");
            }
        }
    }

    #[test]
    fn a_tile_that_is_gone_or_another_is_told() {
        let tiles = tree(1_000);
        for (place, tile) in tiles.iter().enumerate().filter(|(_, t)| t.hashes.len() == 256) {
            let mut gone = tiles.clone();
            gone.remove(place);
            assert_eq!(found(1_000, &gone, at(1, 0)), Some(tile.id));
            for hash in [0, 100, 255] {
                let mut other = tiles.clone();
                other[place].hashes[hash] = TreeHash([7; 32]);
                assert_eq!(found(1_000, &other, at(1, 0)), Some(tile.id));
            }
            let mut cut = tiles.clone();
            cut[place].hashes.truncate(128);
            assert_eq!(found(1_000, &cut, at(1, 0)), Some(tile.id));
        }
    }

    #[test]
    fn what_stands_above_is_missed() {
        let mut tiles = tree(1_000);
        tiles.retain(|tile| tile.id.level == 0);
        assert_eq!(found(1_000, &tiles, at(1, 0)), Some(at(0, 0)));
    }
}
