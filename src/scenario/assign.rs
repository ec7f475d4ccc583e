//! Values set by their full names: `--set`, and the points of a search.

use serde::Serialize;
use toml::Table;

use super::Scenario;
use super::system::near;

impl Scenario {
    /// Sets one value by its full name, as `--set` does, without the rules between values; see [`Self::conflicts`].
    ///
    /// # Errors
    /// There is no such value, or it is out of its range: the rule in words.
    pub fn assign(&mut self, key: &str, value: &toml::Value) -> std::result::Result<(), String> {
        let (section, name) = key.split_once('.').ok_or_else(|| format!("{key} names no value"))?;
        match section {
            "params" => self.params.set(name, value).map_err(|rule| match rule {
                Some(rule) => format!("{key} {rule}"),
                None => {
                    let near = near(self.system, &self.system.specs(), name).unwrap_or_default();
                    format!("{key} names no parameter of {}; {near}", self.system.name())
                }
            }),
            "execution" => replaced(&mut self.execution, key, name, value),
            "risk" => replaced(&mut self.risk, key, name, value),
            "account" => replaced(&mut self.account, key, name, value),
            "regimes" => {
                Err(format!("{key} cannot be varied: it says what a run is measured by and changes no trade"))
            }
            _ => Err(format!("{key} names no value that can be varied")),
        }
    }
}

/// Sets `name` of a section by way of its written form.
fn replaced<T: Serialize + serde::de::DeserializeOwned>(
    section: &mut T,
    key: &str,
    name: &str,
    value: &toml::Value,
) -> std::result::Result<(), String> {
    let mut table = Table::try_from(&*section).map_err(|e| format!("{key}: {e}"))?;
    let mut inner = &mut table;
    let parts: Vec<&str> = name.split('.').collect();
    for part in &parts[..parts.len() - 1] {
        let slot = inner.entry((*part).to_owned()).or_insert_with(|| toml::Value::Table(Table::new()));
        inner = slot.as_table_mut().ok_or_else(|| format!("{key}: {part} is a value, not a section"))?;
    }
    inner.insert(parts[parts.len() - 1].to_owned(), value.clone());
    *section = table.try_into().map_err(|e: toml::de::Error| {
        let message = e.message().trim_end().replace('\n', " ");
        format!("{key} cannot be {value}: {message}")
    })?;
    Ok(())
}
