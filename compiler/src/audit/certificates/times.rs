//! Whether a certificate holds today.

use super::Look;
use super::files::File;
use crate::certificates::Certificate;

const DAY_S: i64 = 24 * 60 * 60;
/// So many days before its end, somebody should have renewed a certificate.
const SOON_S: i64 = 14 * DAY_S;

impl Look<'_, '_> {
    pub(super) fn check_times(&mut self, file: &File<'_>, certificate: &Certificate) {
        let now_s = self.subject.files.now_s();
        let Certificate { from_s, until_s, .. } = *certificate;
        // Of one that holds for days only, the last third.
        let soon_s = SOON_S.min((until_s - from_s) / 3);
        let name = file.shown(self.subject);
        let days = |seconds: i64| match seconds / DAY_S {
            0 => "less than a day".to_owned(),
            1 => "1 day".to_owned(),
            days => format!("{days} days"),
        };
        let (message, label) = if now_s > until_s {
            (format!("`{name}` has expired {} ago", days(now_s - until_s)), "clients refuse it")
        } else if now_s < from_s {
            (format!("`{name}` holds in {} at first", days(from_s - now_s)), "clients refuse it")
        } else if until_s - now_s < soon_s {
            (format!("`{name}` expires in {}", days(until_s - now_s)), "")
        } else {
            return;
        };
        self.doubtful(file, "S02", message, |it| {
            it.label(label).help("renew it: the server takes the new one when the files change")
        });
    }
}
