//! The sources of the workspace: packages, files with the module each one is, and the tests in them.
//!
//! They are read as text, in the form that rustfmt gives them: nothing is built for this.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

/// All packages with their sources.
pub(crate) struct Workspace {
    pub(crate) packages: Vec<Package>,
}

/// One package.
pub(crate) struct Package {
    pub(crate) name: String,
    /// Whether it is part of the product; tests, benchmarks and tasks are not.
    pub(crate) is_product: bool,
    pub(crate) files: Vec<File>,
}

/// One file.
pub(crate) struct File {
    /// The modules it lies in; a test target begins with its own name.
    pub(crate) modules: Vec<String>,
    pub(crate) text: String,
}

/// The tests of each package, as `cargo test` prints them; not those that are ignored.
#[derive(Debug, Default)]
pub(crate) struct Tests(BTreeMap<String, BTreeSet<String>>);

impl Tests {
    /// Tests by the packages they are in.
    #[cfg(test)]
    pub(crate) fn of<const N: usize>(packages: [(&str, &[&str]); N]) -> Self {
        let names = |tests: &[&str]| tests.iter().map(|test| (*test).to_owned()).collect();
        Self(packages.into_iter().map(|(package, tests)| (package.to_owned(), names(tests))).collect())
    }

    /// What is wrong with the name of a test, `package::path::to::test`; nothing when there is such a test.
    pub(crate) fn missing(&self, test: &str) -> Option<String> {
        let Some((package, path)) = test.split_once("::") else {
            return Some(format!("{test} is not written package::path::to::test"));
        };
        // A package is named as cargo names it; its tests, as `cargo test` prints them.
        match self.0.get(package) {
            None => Some(format!("{test}: there is no package {package}")),
            Some(tests) if !tests.contains(path) => {
                Some(format!("{test}: there is no such test in {package}"))
            }
            Some(_) => None,
        }
    }
}

impl Workspace {
    /// Reads every package that the manifest at `root` lists, and the one at `root` itself.
    pub(crate) fn read(root: &Path) -> Result<Self> {
        let manifest = read(&root.join("Cargo.toml"))?;
        let folders = std::iter::once("").chain(members(&manifest));
        Ok(Self { packages: folders.map(|folder| Package::read(root, folder)).collect::<Result<_>>()? })
    }

    /// The tests of all packages.
    pub(crate) fn tests(&self) -> Tests {
        let of = |package: &Package| package.files.iter().flat_map(File::tests).collect();
        Tests(self.packages.iter().map(|package| (package.name.clone(), of(package))).collect())
    }

    pub(crate) fn package_names(&self) -> BTreeSet<String> {
        self.packages.iter().map(|package| package.name.clone()).collect()
    }
}

impl Package {
    fn read(root: &Path, place: &str) -> Result<Self> {
        let folder = root.join(place);
        let manifest = read(&folder.join("Cargo.toml"))?;
        let name = value_of(&manifest, "[package]", "name").context("a package without a name")?;
        let mut files = Vec::new();
        let sources = folder.join("src");
        if sources.is_dir() {
            read_folder(&sources, &[], &mut files)?;
        }
        if let Some(target) = value_of(&manifest, "[[test]]", "name")
            && let Some(path) = value_of(&manifest, "[[test]]", "path")
            && let Some(tests) = folder.join(path).parent().map(Path::to_path_buf)
        {
            read_tests(&tests, target, &mut files)?;
        }
        let is_product = !["tests/", "benches", "xtask"].iter().any(|other| place.starts_with(other));
        Ok(Self { name: name.to_owned(), is_product, files })
    }
}

impl File {
    /// Whether this is code of tests alone.
    pub(crate) fn is_test(&self) -> bool {
        self.modules.iter().any(|module| module == "tests" || module == "testing")
    }

    /// The text before its inline tests, which stand last.
    pub(crate) fn code(&self) -> &str {
        self.text.split_once("#[cfg(test)]\nmod tests {").map_or(&self.text, |(code, _)| code)
    }

    /// The tests in this file, each with its modules and its name; not those that are ignored.
    pub(crate) fn tests(&self) -> Vec<String> {
        let mut tests = Vec::new();
        // Inline modules, each with the line that ends it.
        let mut inside: Vec<(String, String)> = Vec::new();
        let mut marked = false;
        for line in self.text.lines() {
            let code = line.trim_start();
            if inside.last().is_some_and(|(_, end)| end == line) {
                inside.pop();
            }
            if let Some(module) = code.strip_prefix("mod ").and_then(|rest| rest.strip_suffix(" {")) {
                let indent = line.len().saturating_sub(code.len());
                inside.push((module.to_owned(), format!("{}}}", " ".repeat(indent))));
            }
            if code.starts_with("#[test]") || code.starts_with("#[tokio::test") {
                marked = true;
            } else if code.starts_with("#[ignore") {
                marked = false;
            } else if let Some(name) = function(code) {
                if marked {
                    let modules = self.modules.iter().chain(inside.iter().map(|(module, _)| module));
                    let path: Vec<&str> = modules.map(String::as_str).chain([name]).collect();
                    tests.push(path.join("::"));
                }
                marked = false;
            }
        }
        tests
    }
}

/// The name of the function that a line begins.
fn function(code: &str) -> Option<&str> {
    let code = code.strip_prefix("async ").unwrap_or(code);
    code.strip_prefix("fn ")?.split(['(', '<']).next()
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let listed = fs::read_dir(folder).with_context(|| format!("{} cannot be read", folder.display()))?;
    let mut paths = listed.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

/// Reads the modules of a folder; a file and a folder of one name are one module.
fn read_folder(folder: &Path, modules: &[String], files: &mut Vec<File>) -> Result<()> {
    for path in entries(folder)? {
        let Some(stem) = path.file_stem().and_then(|stem| stem.to_str()) else { continue };
        let mut inner = modules.to_vec();
        if path.is_dir() {
            inner.push(stem.to_owned());
            read_folder(&path, &inner, files)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            if !matches!(stem, "lib" | "main" | "mod") {
                inner.push(stem.to_owned());
            }
            files.push(File { modules: inner, text: read(&path)? });
        }
    }
    Ok(())
}

/// Reads a test target: whatever lies beside its main file. Sources of the package itself do not belong to it.
fn read_tests(folder: &Path, target: &str, files: &mut Vec<File>) -> Result<()> {
    let mut read = Vec::new();
    read_folder(folder, &[], &mut read)?;
    let own = read.into_iter().filter(|file| file.modules.first().is_none_or(|first| first != "src"));
    files.extend(own.map(|file| File {
        modules: std::iter::once(target.to_owned()).chain(file.modules).collect(),
        text: file.text,
    }));
    Ok(())
}

/// The folders in the `members` of a workspace.
pub(crate) fn members(manifest: &str) -> impl Iterator<Item = &str> {
    let listed = manifest.split_once("members = [").and_then(|(_, rest)| rest.split_once(']'));
    listed.map_or("", |(listed, _)| listed).split('"').skip(1).step_by(2)
}

/// The text of `key` in the first table of this name.
pub(crate) fn value_of<'a>(manifest: &'a str, table: &str, key: &str) -> Option<&'a str> {
    let mut inside = false;
    for line in manifest.lines() {
        if line.starts_with('[') {
            if inside {
                return None;
            }
            inside = line == table;
        } else if inside
            && let Some(value) = line.strip_prefix(key).and_then(|rest| rest.strip_prefix(" = \""))
        {
            return value.strip_suffix('"');
        }
    }
    None
}
