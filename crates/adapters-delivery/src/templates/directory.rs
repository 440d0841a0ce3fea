use std::path::{Path, PathBuf};
use std::{fs, io};

use domain::delivery::Language;

use super::error::TemplatesError;
use super::{OCCASIONS, PARTS};

/// A template of a deployer.
pub(super) struct File {
    /// Relative to the directory, its parts joined by `/`.
    pub(super) name: String,
    pub(super) text: String,
}

/// Templates end with one of these; all else in the directory is the deployer's own affair.
fn is_template(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str());
    ending.is_some_and(|ending| PARTS.contains(&ending))
}

/// Reads `layout.html` and the templates in the directories of languages.
pub(super) fn read(directory: &Path) -> Result<Vec<File>, TemplatesError> {
    let mut files = Vec::new();
    for path in entries(directory)? {
        if path.is_dir() {
            files.extend(read_language(&path)?);
        } else if name(&path) == Some("layout.html") {
            files.push(File { name: "layout.html".into(), text: text(&path)? });
        } else if is_template(&path) {
            return Err(TemplatesError::Stray(path));
        }
    }
    Ok(files)
}

fn read_language(directory: &Path) -> Result<Vec<File>, TemplatesError> {
    let templates = entries(directory)?.into_iter().filter(|path| is_template(path));
    let read = |path: PathBuf| match template_name(directory, &path) {
        Some(name) => Ok(File { name, text: text(&path)? }),
        None => Err(TemplatesError::Stray(path)),
    };
    templates.map(read).collect()
}

/// `None` when no mail is made of a file of that name.
fn template_name(directory: &Path, path: &Path) -> Option<String> {
    let (language, file) = (name(directory)?, name(path)?);
    let is_language = Language::parse(language).is_ok_and(|parsed| parsed.as_str() == language);
    let (occasion, _) = file.split_once('.')?;
    let is_whole = PARTS.iter().any(|part| file == format!("{occasion}.{part}"));
    (is_language && is_whole && OCCASIONS.contains(&occasion)).then(|| format!("{language}/{file}"))
}

fn name(path: &Path) -> Option<&str> {
    path.file_name().and_then(|name| name.to_str())
}

/// What is in a directory, in order.
fn entries(directory: &Path) -> Result<Vec<PathBuf>, TemplatesError> {
    let list = fs::read_dir(directory)
        .and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>());
    let mut paths = list.map_err(|error| unreadable(directory, error))?;
    paths.sort();
    Ok(paths)
}

fn text(path: &Path) -> Result<String, TemplatesError> {
    fs::read_to_string(path).map_err(|error| unreadable(path, error))
}

fn unreadable(path: &Path, error: io::Error) -> TemplatesError {
    TemplatesError::Unreadable { path: path.to_owned(), error }
}
