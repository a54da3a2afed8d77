//! MNIST: handwritten digits of 28 × 28 pixels, 60,000 to train on and 10,000 to test. LeCun, Cortes, Burges.
//!
//! The four files in the IDX format, gzipped or not, are found in a folder ([`locate`], [`load`]), or fetched (`fetch`, with the feature `download`).

use super::dataset::{Dataset, Samples};
#[cfg(feature = "download")]
pub use super::download::Progress;
#[cfg(feature = "download")]
use super::download::{self, RemoteFile};
use super::drawn::Result;
use super::error::DataError;
use super::idx::{self, Binarization, Idx};
use super::input::{Input, find, wrong};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Where MNIST is fetched from unless told otherwise.
pub const MIRROR: &str = "https://ossci-datasets.s3.amazonaws.com/mnist/";

/// Environment variable that names the folder of the files.
pub const VARIABLE: &str = "SPECTRAL_RBM_MNIST";

/// Name of the file of training images.
const TRAIN_IMAGES: &str = "train-images-idx3-ubyte";
/// Name of the file of training labels.
const TRAIN_LABELS: &str = "train-labels-idx1-ubyte";

/// The files' names and contents, unpacked.
#[cfg(feature = "download")]
const SOURCES: [RemoteFile<'static>; 4] = [
    RemoteFile {
        name: TRAIN_IMAGES,
        bytes: 47_040_016,
        sha256: "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    },
    RemoteFile {
        name: TRAIN_LABELS,
        bytes: 60_008,
        sha256: "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    },
    RemoteFile {
        name: "t10k-images-idx3-ubyte",
        bytes: 7_840_016,
        sha256: "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    },
    RemoteFile {
        name: "t10k-labels-idx1-ubyte",
        bytes: 10_008,
        sha256: "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    },
];

/// The first `count` training images (all 60,000, if `None`) as ±1 pixels, with their labels.
///
/// The images are unpacked as they are read, and one bit per pixel is kept, 6 MB in all. With a `count`, the rest of
/// the file is not read.
///
/// # Errors
/// [`DataError::NotFound`] if a file is not in the folder; [`DataError::Format`] for a damaged one, or for labels that are
/// not one per image; [`DataError::Parameter`] for a `count` of 0 or beyond the number of images; [`DataError::Read`].
pub fn load(folder: &Path, count: Option<usize>, binarization: Binarization) -> Result<Dataset> {
    let file = |name| find(folder, name).ok_or_else(|| missing(&format!("no {name} in {}", folder.display())));
    let (images, labels) = (file(TRAIN_IMAGES)?, file(TRAIN_LABELS)?);
    let images = Idx::<3>::new(Input::open(&images)?)?;
    let (len, image_shape) = (images.len(), images.image_shape());
    let samples = Samples::Spins(images.spins(count, binarization)?);
    let (values, labelled) = idx::labels(&labels, count)?;
    if labelled != len {
        return Err(wrong(&labels, format!("{labelled} labels for {len} images: one per image is needed")));
    }
    Ok(Dataset { samples, labels: Some(values), image_shape: Some(image_shape) })
}

/// The folder with the training images: `path` if there is one, else the variable [`VARIABLE`], else [`default_folder`].
///
/// # Errors
/// [`DataError::NotFound`] if the images are not in that folder; the message says where they were looked for, and what
/// to do.
pub fn locate(path: Option<&Path>) -> Result<PathBuf> {
    locate_in(path, std::env::var_os(VARIABLE), default_folder())
}

fn locate_in(path: Option<&Path>, variable: Option<OsString>, default: Option<PathBuf>) -> Result<PathBuf> {
    let variable = variable.filter(|value| !value.is_empty()).map(PathBuf::from);
    let (folder, origin) = match (path, variable, default) {
        (Some(path), ..) => (path.to_path_buf(), "as asked for".to_string()),
        (None, Some(folder), _) => (folder, format!("from {VARIABLE}")),
        (None, None, Some(folder)) => (folder, format!("the default, since {VARIABLE} is not set")),
        (None, None, None) => return Err(missing(&format!("{VARIABLE} is not set and there is no home folder"))),
    };
    match find(&folder, TRAIN_IMAGES) {
        Some(_) => Ok(folder),
        None => Err(missing(&format!("no {TRAIN_IMAGES}, plain or .gz, in {} ({origin})", folder.display()))),
    }
}

fn missing(reason: &str) -> DataError {
    DataError::NotFound(format!("MNIST is not there: {reason}. `spectral-rbm mnist fetch` downloads it"))
}

/// The folder `spectral-rbm/mnist` of the user's data folder, `$XDG_DATA_HOME` or else
/// `.local/share` of the home folder; `None` if the user has no home folder.
pub fn default_folder() -> Option<PathBuf> {
    let data = std::env::var_os("XDG_DATA_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let data = data.or_else(|| std::env::home_dir().map(|home| home.join(".local/share")))?;
    Some(data.join("spectral-rbm").join("mnist"))
}

/// Fetches the four files into `folder`, which is made if it does not exist, from `mirror`:
/// `NAME.gz` below that address, by HTTP or HTTPS. `progress` is called for every piece.
///
/// A file that exists with the right content is not fetched; one with other content is replaced. A transfer goes into
/// `NAME.gz.part` in the same folder, which is renamed when its unpacked content has the right SHA-256. A transfer that
/// breaks off is resumed, in the same call and in later ones, and restarted if the server cannot resume. No request
/// waits longer than half a minute for the next bytes.
///
/// # Errors
/// [`DataError::Download`] if the server refuses, breaks off again and again, or sends something else, which is then
/// deleted; [`DataError::Write`] and [`DataError::Read`] from the file system.
#[cfg(feature = "download")]
pub fn fetch(mirror: &str, folder: &Path, progress: &mut dyn FnMut(Progress)) -> Result<()> {
    let agent = download::client(download::PATIENCE).build().new_agent();
    download::fetch(&agent, mirror, folder, &SOURCES, progress)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// IDX bytes of `count` images of 2 × 2 pixels, or of `count` labels.
    fn idx(count: u8, image: bool) -> Vec<u8> {
        let header: &[u8] =
            if image { &[0, 0, 8, 3, 0, 0, 0, count, 0, 0, 0, 2, 0, 0, 0, 2] } else { &[0, 0, 8, 1, 0, 0, 0, count] };
        [header, vec![200; usize::from(count) * if image { 4 } else { 1 }].as_slice()].concat()
    }

    #[test]
    fn files_are_found_under_all_their_names_and_must_fit() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, bytes| std::fs::write(folder.path().join(name), bytes).unwrap();
        let load = |count| load(folder.path(), count, Binarization::MIDDLE);
        assert!(matches!(load(None), Err(DataError::NotFound(_))));
        write("train-images.idx3-ubyte", idx(3, true));
        let message = load(None).unwrap_err().to_string();
        assert!(message.contains("no train-labels-idx1-ubyte in") && message.contains("mnist fetch"), "{message}");
        write("train-labels.idx1-ubyte", idx(2, false));
        let message = load(None).unwrap_err().to_string();
        assert!(message.contains("2 labels for 3 images"), "{message}");
        assert!(load(Some(2)).is_err());
        // The usual name is looked for first.
        write(TRAIN_LABELS, idx(3, false));
        let set = load(Some(2)).unwrap();
        assert_eq!((set.len(), set.units(), set.labels, set.image_shape), (2, 4, Some(vec![200; 2]), Some((2, 2))));
    }

    #[test]
    fn a_folder_is_chosen_by_path_then_variable_then_default() {
        let folders = [(); 3].map(|()| tempfile::tempdir().unwrap());
        let [path, variable, default] = folders.each_ref().map(|folder| folder.path().to_path_buf());
        let locate = |path: Option<&PathBuf>, variable: Option<&PathBuf>, default: Option<&PathBuf>| {
            locate_in(path.map(PathBuf::as_path), variable.map(|path| path.into()), default.cloned())
        };
        let refused = |outcome: Result<PathBuf>, words: [&str; 2]| match outcome {
            Err(DataError::NotFound(message)) => {
                assert!(
                    words.iter().all(|word| message.contains(word)) && message.contains("spectral-rbm mnist fetch")
                );
            }
            other => panic!("{other:?}"),
        };
        refused(locate(None, None, None), ["SPECTRAL_RBM_MNIST is not set", "no home"]);
        refused(locate(None, None, Some(&default)), [default.to_str().unwrap(), "SPECTRAL_RBM_MNIST is not set"]);
        std::fs::write(default.join("train-images-idx3-ubyte.gz"), "").unwrap();
        assert_eq!(locate(None, None, Some(&default)).unwrap(), default);
        // If the folder asked for has no images, no other folder takes its place.
        refused(locate(None, Some(&variable), Some(&default)), [variable.to_str().unwrap(), "from SPECTRAL_RBM_MNIST"]);
        refused(locate(Some(&path), None, Some(&default)), [path.to_str().unwrap(), "as asked for"]);
        std::fs::write(variable.join("train-images.idx3-ubyte"), "").unwrap();
        assert_eq!(locate(None, Some(&variable), Some(&default)).unwrap(), variable);
        assert_eq!(locate(Some(&default), Some(&variable), None).unwrap(), default);
    }
}
