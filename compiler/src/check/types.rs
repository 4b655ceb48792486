//! Media types by file name extension.

use std::collections::HashMap;

use sitec_runtime::site::TypesId;

use super::common_types::common_types;
use super::intern::Interner;
use crate::ir::{self, Types};

/// The table of a conf without `types`.
pub(crate) fn common() -> Types {
    let entry = |(extension, media_type): (&str, &str)| (extension.into(), media_type.into());
    common_types().map(entry).collect()
}

/// The tables of a conf.
pub(super) struct TypeTables {
    /// As they are written.
    written: Interner<Types>,
    /// The one where no `types` was given, once it was asked for.
    common: Option<usize>,
    /// As locations have them.
    resolved: Interner<Types>,
    /// Which come from the same table and the same charset.
    by_charset: HashMap<(usize, Option<ir::Charset>), TypesId>,
}

impl TypeTables {
    pub(super) fn new() -> TypeTables {
        TypeTables {
            written: Interner::new(),
            common: None,
            resolved: Interner::new(),
            by_charset: HashMap::new(),
        }
    }

    pub(super) fn add(&mut self, table: Types) -> usize {
        self.written.add(table)
    }

    /// What a location has: `table`, or the common one, with the charset in its types.
    pub(super) fn resolve(
        &mut self,
        table: Option<usize>,
        charset: Option<&ir::Charset>,
    ) -> TypesId {
        let table =
            table.unwrap_or_else(|| *self.common.get_or_insert_with(|| self.written.add(common())));
        let key = (table, charset.cloned());
        if let Some(types) = self.by_charset.get(&key) {
            return *types;
        }
        let mut types = self.written.items()[table].clone();
        if let Some(charset) = charset {
            types.iter_mut().for_each(|(_, media_type)| charset.say_in(media_type));
        }
        let id = self.resolved.add(types) as TypesId;
        self.by_charset.insert(key, id);
        id
    }

    pub(super) fn len(&self) -> usize {
        self.resolved.items().len()
    }

    pub(super) fn into_items(self) -> Vec<Types> {
        self.resolved.into_items()
    }
}
