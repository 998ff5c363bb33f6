//! API keys that people enter in the sidebar, sealed in the state directory.
//!
//! XChaCha20-Poly1305 with a random 24-byte nonce a record; the record's name is authenticated with it, so that a
//! record cannot be moved to another provider. The sealing key comes from the environment or from a 0600 file beside
//! the store: a copied store alone opens nothing.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use chacha20poly1305::aead::{Aead as _, Payload};
use chacha20poly1305::{Key, KeyInit as _, XChaCha20Poly1305, XNonce};
use serde::{Deserialize, Serialize};

use super::Secret;

const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 24;

/// Stored keys cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum SecretStoreError {
    #[error("{path} cannot be read or written: {source}")]
    Io { path: PathBuf, source: std::io::Error },
    #[error("{0} is damaged: move it away and enter the keys again")]
    Corrupt(PathBuf),
    #[error("OPENCLAW_SECRETS_KEY must be 32 bytes as base64 (several are separated by commas)")]
    BadKey,
    #[error("the stored key of `{0}` cannot be opened with this sealing key: enter it again")]
    Sealed(String),
    #[error("the operating system gave no random numbers")]
    NoRandom,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Record {
    nonce: String,
    sealed: String,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Document {
    version: u32,
    records: BTreeMap<String, Record>,
}

/// Keys by provider id, or `generic`.
pub struct SecretStore {
    path: PathBuf,
    key_path: PathBuf,
    /// The first seals, any opens: while rotating, and when the environment gives several, there are two.
    ciphers: Mutex<Vec<XChaCha20Poly1305>>,
    key_from_environment: bool,
    /// Opened once: calls read them often.
    open: Mutex<BTreeMap<String, Secret>>,
    /// Names that this sealing key does not open: kept, never overwritten in silence.
    unreadable: Mutex<BTreeMap<String, Record>>,
}

impl SecretStore {
    /// Opens what is there. `key` is the value of `OPENCLAW_SECRETS_KEY`.
    pub fn load(state_dir: &Path, key: Option<&str>) -> Result<Self, SecretStoreError> {
        let path = state_dir.join("secrets.sealed.json");
        let key_path = state_dir.join("secrets.sealing.key");
        let ciphers = match (key, read(&key_path)?) {
            (Some(text), _) => ciphers(text)?,
            (None, Some(bytes)) => {
                let text =
                    String::from_utf8(bytes).map_err(|_| SecretStoreError::Corrupt(key_path.clone()))?;
                ciphers(&text).map_err(|_| SecretStoreError::Corrupt(key_path.clone()))?
            }
            (None, None) => Vec::new(),
        };
        let document: Document = match read(&path)? {
            Some(bytes) => {
                serde_json::from_slice(&bytes).map_err(|_| SecretStoreError::Corrupt(path.clone()))?
            }
            None => Document::default(),
        };
        let (mut open, mut unreadable) = (BTreeMap::new(), BTreeMap::new());
        for (name, record) in document.records {
            match ciphers.iter().find_map(|cipher| unseal(cipher, &name, &record)) {
                Some(secret) => drop(open.insert(name, secret)),
                None => drop(unreadable.insert(name, record)),
            }
        }
        Ok(Self {
            path,
            key_path,
            ciphers: Mutex::new(ciphers),
            key_from_environment: key.is_some(),
            open: Mutex::new(open),
            unreadable: Mutex::new(unreadable),
        })
    }

    pub fn get(&self, name: &str) -> Option<Secret> {
        lock(&self.open).get(name).cloned()
    }

    /// Stored names, and whether each can be opened.
    pub fn names(&self) -> BTreeMap<String, bool> {
        let open = lock(&self.open).keys().map(|name| (name.clone(), true)).collect::<Vec<_>>();
        open.into_iter().chain(lock(&self.unreadable).keys().map(|name| (name.clone(), false))).collect()
    }

    pub fn secrets(&self) -> Vec<Secret> {
        lock(&self.open).values().cloned().collect()
    }

    /// Stores one key, durably.
    pub fn put(&self, name: &str, secret: Secret) -> Result<(), SecretStoreError> {
        let mut open = lock(&self.open);
        let mut changed = open.clone();
        changed.insert(name.to_owned(), secret);
        let mut unreadable = lock(&self.unreadable);
        let mut kept = unreadable.clone();
        kept.remove(name);
        self.write(&changed, &kept)?;
        (*open, *unreadable) = (changed, kept);
        Ok(())
    }

    /// Forgets one key, durably; whether there was one.
    pub fn remove(&self, name: &str) -> Result<bool, SecretStoreError> {
        let mut open = lock(&self.open);
        let mut unreadable = lock(&self.unreadable);
        let (mut changed, mut kept) = (open.clone(), unreadable.clone());
        if changed.remove(name).is_none() & kept.remove(name).is_none() {
            return Ok(false);
        }
        self.write(&changed, &kept)?;
        (*open, *unreadable) = (changed, kept);
        Ok(true)
    }

    /// Seals everything anew; the old key is worth nothing afterwards.
    ///
    /// With the key in the environment, put the new one before the old one there (`new,old`) first. With the key in
    /// its file, the file holds both while the store changes, so that a crash loses nothing.
    pub fn rotate(&self) -> Result<usize, SecretStoreError> {
        let open = lock(&self.open);
        if self.key_from_environment {
            self.write(&open, &lock(&self.unreadable))?;
            return Ok(open.len());
        }
        let (text, new) = generate()?;
        let old = read(&self.key_path)?.unwrap_or_default();
        write_file(&self.key_path, &[text.as_bytes(), b"\n", &old].concat())?;
        lock(&self.ciphers).insert(0, new);
        self.write(&open, &lock(&self.unreadable))?;
        write_file(&self.key_path, text.as_bytes())?;
        lock(&self.ciphers).truncate(1);
        Ok(open.len())
    }

    fn write(
        &self,
        open: &BTreeMap<String, Secret>,
        unreadable: &BTreeMap<String, Record>,
    ) -> Result<(), SecretStoreError> {
        let mut ciphers = lock(&self.ciphers);
        if ciphers.is_empty() {
            let (text, new) = generate()?;
            write_file(&self.key_path, text.as_bytes())?;
            ciphers.push(new);
        }
        let mut records = unreadable.clone();
        for (name, secret) in open {
            records.insert(name.clone(), seal(&ciphers[0], name, secret)?);
        }
        let document =
            serde_json::to_vec_pretty(&Document { version: 1, records }).expect("text and numbers");
        write_file(&self.path, &document)
    }
}

/// Atomic, durable, mode 0600 (which named temporary files have).
fn write_file(path: &Path, bytes: &[u8]) -> Result<(), SecretStoreError> {
    let write = || -> std::io::Result<()> {
        let directory = path.parent().expect("the path was made by joining a file name");
        let mut file = tempfile::NamedTempFile::new_in(directory)?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        file.persist(path)?;
        #[cfg(unix)]
        std::fs::File::open(directory)?.sync_all()?;
        Ok(())
    };
    write().map_err(|source| SecretStoreError::Io { path: path.to_owned(), source })
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn read(path: &Path) -> Result<Option<Vec<u8>>, SecretStoreError> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(SecretStoreError::Io { path: path.to_owned(), source }),
    }
}

fn random<const N: usize>() -> Result<[u8; N], SecretStoreError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| SecretStoreError::NoRandom)?;
    Ok(bytes)
}

fn generate() -> Result<(String, XChaCha20Poly1305), SecretStoreError> {
    let key = random::<KEY_BYTES>()?;
    Ok((BASE64.encode(key), XChaCha20Poly1305::new(&Key::from(key))))
}

/// One key a line, or separated by commas.
fn ciphers(text: &str) -> Result<Vec<XChaCha20Poly1305>, SecretStoreError> {
    let one = |text: &str| {
        let bytes = BASE64.decode(text).map_err(|_| SecretStoreError::BadKey)?;
        let key: [u8; KEY_BYTES] = bytes.try_into().map_err(|_| SecretStoreError::BadKey)?;
        Ok(XChaCha20Poly1305::new(&Key::from(key)))
    };
    let keys = text.split(['\n', ',']).map(str::trim).filter(|text| !text.is_empty());
    keys.map(one)
        .collect::<Result<Vec<_>, _>>()
        .and_then(|all| if all.is_empty() { Err(SecretStoreError::BadKey) } else { Ok(all) })
}

/// What is authenticated besides the value.
fn label(name: &str) -> Vec<u8> {
    format!("{name}|api_key|1").into_bytes()
}

fn seal(cipher: &XChaCha20Poly1305, name: &str, secret: &Secret) -> Result<Record, SecretStoreError> {
    let nonce = random::<NONCE_BYTES>()?;
    let label = label(name);
    let payload = Payload { msg: secret.expose().as_bytes(), aad: &label };
    let sealed = cipher
        .encrypt(&XNonce::from(nonce), payload)
        .map_err(|_| SecretStoreError::Sealed(name.to_owned()))?;
    Ok(Record { nonce: BASE64.encode(nonce), sealed: BASE64.encode(sealed) })
}

fn unseal(cipher: &XChaCha20Poly1305, name: &str, record: &Record) -> Option<Secret> {
    let nonce: [u8; NONCE_BYTES] = BASE64.decode(&record.nonce).ok()?.try_into().ok()?;
    let sealed = BASE64.decode(&record.sealed).ok()?;
    let label = label(name);
    let payload = Payload { msg: &sealed, aad: &label };
    let opened = cipher.decrypt(&XNonce::from(nonce), payload).ok()?;
    Some(Secret::from(String::from_utf8(opened).ok()?.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(store: &SecretStore, name: &str, value: &str) {
        store.put(name, Secret::from(value)).unwrap();
    }

    fn get(store: &SecretStore, name: &str) -> Option<String> {
        store.get(name).map(|secret| secret.expose().to_owned())
    }

    #[test]
    fn keys_survive_a_restart_and_are_nowhere_in_the_clear() {
        let dir = tempfile::tempdir().unwrap();
        put(&SecretStore::load(dir.path(), None).unwrap(), "openai", "sk-canary");
        for entry in std::fs::read_dir(dir.path()).unwrap() {
            let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
            assert!(!text.contains("canary"), "{text}");
        }
        assert_eq!(
            get(&SecretStore::load(dir.path(), None).unwrap(), "openai").as_deref(),
            Some("sk-canary")
        );
    }

    #[cfg(unix)]
    #[test]
    fn files_are_the_owners_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        put(&SecretStore::load(dir.path(), None).unwrap(), "openai", "k");
        for entry in std::fs::read_dir(dir.path()).unwrap() {
            assert_eq!(entry.unwrap().metadata().unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn a_record_cannot_be_moved_to_another_provider() {
        let dir = tempfile::tempdir().unwrap();
        put(&SecretStore::load(dir.path(), None).unwrap(), "openai", "k");
        let path = dir.path().join("secrets.sealed.json");
        let moved = std::fs::read_to_string(&path).unwrap().replace("openai", "groq");
        std::fs::write(&path, moved).unwrap();
        let store = SecretStore::load(dir.path(), None).unwrap();
        assert_eq!((get(&store, "groq"), store.names().get("groq")), (None, Some(&false)));
    }

    #[test]
    fn another_sealing_key_opens_nothing_and_loses_nothing() {
        let dir = tempfile::tempdir().unwrap();
        put(&SecretStore::load(dir.path(), None).unwrap(), "openai", "k");
        let other = BASE64.encode([7; KEY_BYTES]);
        let store = SecretStore::load(dir.path(), Some(&other)).unwrap();
        put(&store, "groq", "g");
        assert_eq!(get(&store, "openai"), None);
        assert_eq!(get(&SecretStore::load(dir.path(), None).unwrap(), "openai").as_deref(), Some("k"));
        assert!(matches!(SecretStore::load(dir.path(), Some("short")), Err(SecretStoreError::BadKey)));
    }

    #[test]
    fn rotation_keeps_every_key_and_retires_the_old_seal() {
        let dir = tempfile::tempdir().unwrap();
        let store = SecretStore::load(dir.path(), None).unwrap();
        put(&store, "openai", "k");
        let old = std::fs::read_to_string(dir.path().join("secrets.sealing.key")).unwrap();
        assert_eq!(store.rotate().unwrap(), 1);
        assert_eq!(get(&SecretStore::load(dir.path(), None).unwrap(), "openai").as_deref(), Some("k"));
        assert_eq!(get(&SecretStore::load(dir.path(), Some(&old)).unwrap(), "openai"), None);
    }

    #[test]
    fn removing_says_whether_there_was_one() {
        let dir = tempfile::tempdir().unwrap();
        let store = SecretStore::load(dir.path(), None).unwrap();
        put(&store, "openai", "k");
        assert!(store.remove("openai").unwrap());
        assert!(!store.remove("openai").unwrap());
        assert!(SecretStore::load(dir.path(), None).unwrap().names().is_empty());
    }

    #[test]
    fn a_damaged_store_is_refused_by_name() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("secrets.sealed.json"), "{").unwrap();
        assert!(matches!(SecretStore::load(dir.path(), None), Err(SecretStoreError::Corrupt(_))));
    }
}
