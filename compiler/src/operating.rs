//! Files for whoever watches a site: a dashboard, and alert rules.

/// The files: the name of each, and what is in it.
pub const FILES: [(&str, &str); 2] = [
    ("grafana.json", include_str!("../templates/operating/grafana.json")),
    ("alerts.yml", include_str!("../templates/operating/alerts.yml")),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use sitec_runtime::pure::metric_names;

    use super::FILES;

    /// The names of metrics that a text has.
    fn named(text: &str) -> BTreeSet<&str> {
        let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
        let is_one = |word: &&str| word.starts_with("sitec_") || word.starts_with("process_");
        words.filter(is_one).map(|word| word.strip_suffix("_bucket").unwrap_or(word)).collect()
    }

    #[test]
    fn files_and_documents_name_what_is_told() {
        let all: BTreeSet<_> = metric_names().collect();
        for (name, text) in FILES {
            let named = named(text);
            assert!(named.is_subset(&all), "{name}: {:?}", named.difference(&all));
            assert!(named.len() > 5, "{name}");
        }
        let document = include_str!("../../docs/operating.md");
        assert_eq!(named(document).difference(&all).count(), 0, "{:?}", named(document));
        assert_eq!(all.difference(&named(document)).count(), 0, "what docs/operating.md has not");
    }

    #[test]
    fn the_dashboard_is_json() {
        let dashboard: serde_json::Value = serde_json::from_str(FILES[0].1).expect("JSON");
        let panels = dashboard["panels"].as_array().expect("panels");
        let ids: BTreeSet<_> = panels.iter().map(|panel| panel["id"].as_u64()).collect();
        assert_eq!(ids.len(), panels.len(), "each has an id of its own");
    }
}
