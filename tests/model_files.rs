//! Model files: written and read back, files of other programs, conversions, refusals.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::process::Command;

use npyz::{WriteOptions, WriterBuilder};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::Value;
use spectral_rbm::data::Spins;
use spectral_rbm::io::Array;
use spectral_rbm::simulator::machine::{
    Checkpoint, Hyperparameters, Machine, ModelError, ModelFile, ModelReader, Units,
};
use zip::ZipWriter;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/models").join(name)
}

fn machine(visible: usize, hidden: usize, random: &mut ChaCha8Rng) -> Machine {
    let mut draw = |count| (0..count).map(|_| random.random_range(-2.0..2.0)).collect();
    Machine { visible, hidden, weights: draw(visible * hidden), eta: draw(visible), theta: draw(hidden) }
}

/// A file with all kinds of content, and updates out of order.
fn example() -> ModelFile {
    let mut random = ChaCha8Rng::seed_from_u64(8);
    let machines = [(100, 1.0), (0, 0.0), (u64::MAX, 0.1 + 0.2)];
    let checkpoints =
        machines.map(|(update, time)| Checkpoint { update, time, machine: machine(7, 3, &mut random) }).into();
    let extra = BTreeMap::from([
        // Bit patterns that arithmetic would change.
        (
            "nan".into(),
            Array::F32(vec![2, 2], vec![f32::from_bits(0x7fa0_0001), -0.0, f32::MIN_POSITIVE / 8.0, f32::INFINITY]),
        ),
        ("momentum".into(), Array::F64(vec![3], vec![f64::from_bits(0xfff0_0000_0000_0001), 0.1, -0.0])),
        ("random".into(), Array::U64(vec![], vec![u64::MAX - 1])),
        ("none".into(), Array::U64(vec![0], vec![])),
        ("state".into(), Array::Text("{\"σ\": \"two\nlines\"}".into())),
        ("empty".into(), Array::Text(String::new())),
    ]);
    ModelFile {
        checkpoints,
        chains: Some(Spins::from_fn(5, 7, |sample, unit| (sample * 3 + unit) % 4 == 0)),
        hyperparameters: Hyperparameters { batch_size: 10, gibbs_steps: 2, learning_rate: 0.01, l2: 1e-4 },
        extra,
    }
}

/// Bit patterns, so that NaN equals itself.
fn bits(array: &Array) -> (Vec<usize>, Vec<u64>) {
    match array {
        Array::F32(shape, values) => (shape.clone(), values.iter().map(|value| u64::from(value.to_bits())).collect()),
        Array::F64(shape, values) => (shape.clone(), values.iter().map(|value| value.to_bits()).collect()),
        Array::U64(shape, values) => (shape.clone(), values.clone()),
        Array::Text(text) => (vec![], text.bytes().map(u64::from).collect()),
    }
}

#[test]
fn what_is_written_is_read_bit_for_bit() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run/model.h5");
    let written = example();
    written.write(&path, Units::Ising).unwrap();
    let reader = ModelReader::open(&path, None).unwrap();
    assert_eq!((reader.model_type(), reader.units()), (Some("IIRBM"), Units::Ising));
    assert_eq!(reader.updates(), [0, 100, u64::MAX]);
    for checkpoint in &written.checkpoints {
        assert_eq!(&reader.read(checkpoint.update).unwrap(), checkpoint);
    }
    assert_eq!(reader.machine(None).unwrap(), written.checkpoints[2].machine);
    assert_eq!(reader.chains().unwrap(), written.chains);
    let extra = reader.extra().unwrap();
    assert!(extra.keys().eq(written.extra.keys()));
    for (name, array) in &extra {
        let kinds = [array, &written.extra[name]].map(std::mem::discriminant);
        assert!(kinds[0] == kinds[1] && bits(array) == bits(&written.extra[name]), "{name}");
    }
    // The same content gives the same bytes, whatever the order of the checkpoints and the time of day.
    let (mut again, other) = (example(), folder.path().join("again.h5"));
    again.checkpoints.reverse();
    std::thread::sleep(std::time::Duration::from_millis(1100));
    again.write(&other, Units::Ising).unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), std::fs::read(&other).unwrap());
}

#[test]
fn a_file_without_chains_and_extras_has_none() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.h5");
    let file = ModelFile { chains: None, extra: BTreeMap::new(), ..example() };
    file.write(&path, Units::Ising).unwrap();
    let reader = ModelReader::open(&path, Some(Units::Ising)).unwrap();
    assert_eq!(reader.chains().unwrap(), None);
    assert!(reader.extra().unwrap().is_empty());
}

/// Conversion to the {0, 1} form and back. Biases are rounded twice, with sums of up to 8 terms below 8 in size: 1e-6
/// each.
#[test]
fn the_bernoulli_export_is_the_same_machine() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.h5");
    let written = example();
    written.write(&path, Units::Bernoulli).unwrap();
    assert!(matches!(ModelReader::open(&path, Some(Units::Ising)), Err(ModelError::Units { .. })));
    let reader = ModelReader::open(&path, None).unwrap();
    assert_eq!((reader.model_type(), reader.units()), (Some("BBRBM"), Units::Bernoulli));
    assert_eq!(reader.chains().unwrap(), written.chains);
    for checkpoint in &written.checkpoints {
        let (found, wanted) = (reader.read(checkpoint.update).unwrap().machine, &checkpoint.machine);
        assert_eq!(found.weights, wanted.weights);
        let pairs = found.eta.iter().zip(&wanted.eta).chain(found.theta.iter().zip(&wanted.theta));
        pairs.for_each(|(a, b)| assert!((a - b).abs() < 2e-6, "{a} {b}"));
    }
}

/// Compares with NumPy's numbers: exactly for ±1 files, otherwise within the rounding of input and result.
fn compare(found: &Machine, wanted: &Value, tolerance: f64) {
    let shape: Vec<usize> = serde_json::from_value(wanted["shape"].clone()).unwrap();
    assert_eq!([found.visible, found.hidden], shape[..]);
    for (values, name) in [(&found.weights, "weights"), (&found.eta, "eta"), (&found.theta, "theta")] {
        let wanted: Vec<f64> = serde_json::from_value(wanted[name].clone()).unwrap();
        assert_eq!(values.len(), wanted.len());
        for (&value, wanted) in values.iter().zip(wanted) {
            assert!((f64::from(value) - wanted).abs() <= tolerance * wanted.abs(), "{name}: {value} {wanted}");
        }
    }
}

fn expected() -> Value {
    serde_json::from_slice(&std::fs::read(fixture("expected.json")).unwrap()).unwrap()
}

#[test]
fn files_of_others_have_the_numbers_that_numpy_finds() {
    let all = expected();
    for (name, given, tolerance) in [
        ("rbms-0.5.0-bernoulli.h5", None, 1e-7),
        ("rbms-0.6.0-ising.h5", None, 0.0),
        ("torchrbm.h5", Some(Units::Bernoulli), 1e-6),
        ("newest.h5", None, 1e-6),
    ] {
        let reader = ModelReader::open(&fixture(name), given).unwrap();
        let machines = all[name]["machines"].as_object().unwrap();
        let mut updates: Vec<u64> = machines.keys().map(|update| update.parse().unwrap()).collect();
        updates.sort_unstable();
        assert_eq!(reader.updates(), updates);
        for &update in &updates {
            compare(&reader.machine(Some(update)).unwrap(), &machines[&update.to_string()], tolerance);
            match all[name]["times"].get(update.to_string()) {
                Some(time) => assert_eq!(reader.read(update).unwrap().time, time.as_f64().unwrap()),
                None => assert!(reader.read(update).is_err()),
            }
        }
        let chains = reader.chains().unwrap();
        let found = chains.map(|chains| {
            let row = |k| (0..chains.units()).map(|i| i64::from(chains.get(k, i))).collect::<Vec<_>>();
            serde_json::to_value((0..chains.samples()).map(row).collect::<Vec<_>>()).unwrap()
        });
        assert_eq!(found.as_ref(), all[name].get("chains"), "{name}");
        assert!(reader.extra().unwrap().is_empty());
    }
}

#[test]
fn archives_have_the_numbers_that_numpy_finds() {
    let all = expected();
    let reader = ModelReader::open(&fixture("ising.npz"), None).unwrap();
    compare(&reader.machine(None).unwrap(), &all["ising.npz"]["machine"], 0.0);
    assert!(reader.updates().is_empty() && reader.chains().unwrap().is_none() && reader.extra().unwrap().is_empty());
    assert!(matches!(reader.machine(Some(1)), Err(ModelError::Update { update: 1, .. })));
    assert!(matches!(ModelReader::open(&fixture("ising.npz"), Some(Units::Bernoulli)), Err(ModelError::Units { .. })));
    for (units, name, tolerance) in [(Units::Ising, "ising", 0.0), (Units::Bernoulli, "bernoulli", 1e-7)] {
        let reader = ModelReader::open(&fixture("named.npz"), Some(units)).unwrap();
        compare(&reader.machine(None).unwrap(), &all["named.npz"][name], tolerance);
    }
}

#[test]
fn refusals_say_what_is_wrong() {
    let said = |name: &str, units| ModelReader::open(&fixture(name), units).unwrap_err().to_string();
    assert!(said("pbrbm.h5", None).contains("\"PBRBM\" (Potts visible units)"));
    assert!(said("bgrbm.h5", None).contains("\"BGRBM\" (Gaussian hidden units)"));
    assert!(said("torchrbm.h5", None).contains("state it"));
    assert!(said("named.npz", None).contains("state it"));
    assert!(matches!(ModelReader::open(&fixture("absent.h5"), None), Err(ModelError::Read { .. })));
    let reader = ModelReader::open(&fixture("rbms-0.5.0-bernoulli.h5"), None).unwrap();
    assert!(
        reader
            .machine(Some(2))
            .unwrap_err()
            .to_string()
            .contains("update 2 was not saved; there are 3 between 1 and 20")
    );
}

#[test]
fn what_is_no_machine_is_not_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.h5");
    let refused = |change: fn(&mut ModelFile), message: &str| {
        let mut file = example();
        change(&mut file);
        match file.write(&path, Units::Bernoulli) {
            Err(ModelError::Parameter(found)) => assert!(found.contains(message), "{found}"),
            other => panic!("{message}: {other:?}"),
        }
    };
    refused(|file| file.checkpoints.clear(), "no checkpoint");
    refused(|file| file.checkpoints[1].update = 100, "two checkpoints of update 100");
    refused(|file| file.checkpoints[0].machine.weights[4] = f32::NAN, "update 100: weight (2, 2) is NaN");
    refused(|file| file.checkpoints[0].machine.theta[2] = f32::INFINITY, "hidden field 3 is inf");
    refused(|file| file.checkpoints[0].machine.weights[0] = f32::MAX, "in {0, 1} units: weight (1, 1) is inf");
    refused(|file| file.checkpoints[0].machine.hidden = 4, "4 hidden units, but");
    refused(|file| file.checkpoints[0].time = f64::NAN, "must be finite");
    refused(|file| file.chains = Some(Spins::new(2, 3)), "chains of 3 units for 7");
    refused(|file| drop(file.extra.insert("a/b".into(), Array::Text("".into()))), "slash");
    refused(|file| drop(file.extra.insert("a".into(), Array::U64(vec![2], vec![1]))), "1 values");
    refused(|file| file.checkpoints[1].machine = machine(7, 2, &mut ChaCha8Rng::seed_from_u64(1)), "another number");
    assert!(!path.exists());
    assert!(matches!(example().write(folder.path(), Units::Ising), Err(ModelError::Write { .. })));
}

/// An empty archive.
fn archive_at(path: &Path) -> ZipWriter<BufWriter<File>> {
    ZipWriter::new(BufWriter::new(File::create(path).unwrap()))
}

/// Adds an array to an archive.
fn put<T: npyz::AutoSerialize + Copy>(
    archive: &mut ZipWriter<BufWriter<File>>,
    name: &str,
    shape: &[usize],
    values: &[T],
) {
    let shape: Vec<u64> = shape.iter().map(|&extent| extent as u64).collect();
    archive.start_file(format!("{name}.npy"), Default::default()).unwrap();
    let mut array = WriteOptions::new().default_dtype().shape(&shape).writer(archive).begin_nd().unwrap();
    array.extend(values).unwrap();
    array.finish().unwrap();
}

#[test]
fn arrays_that_are_no_machine_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("machine.npz");
    let said = |shape: &[usize], eta: &[usize], weight: f32| {
        let mut archive = archive_at(&path);
        put(&mut archive, "W", shape, &[1.0, weight, 1.0, 1.0, 1.0, 1.0]);
        put(&mut archive, "eta", eta, &[0f32; 3]);
        put(&mut archive, "theta", &[2], &[0f32; 2]);
        drop(archive);
        ModelReader::open(&path, None).map(|_| String::new()).unwrap_or_else(|error| error.to_string())
    };
    assert_eq!(said(&[3, 2], &[3], 1.0), "");
    assert!(said(&[6, 1], &[3], 1.0).contains("weights [6, 1], visible fields [3], hidden fields [2]"));
    assert!(said(&[1, 3, 2], &[3], 1.0).contains("three dimensions are Potts units"));
    assert!(said(&[3, 2], &[3, 1], 1.0).contains("visible fields [3, 1]"));
    assert!(said(&[3, 2], &[3], f32::NAN).contains("weight (1, 2) is NaN"));
    assert!(said(&[3, 2], &[3], f32::NEG_INFINITY).contains("weight (1, 2) is -inf"));
    let mut archive = archive_at(&path);
    put(&mut archive, "weights", &[2, 1], &[0f32; 2]);
    drop(archive);
    assert!(ModelReader::open(&path, None).unwrap_err().to_string().contains("it has [\"weights\"]"));
    assert!(ModelReader::open_weights(&path, None).is_ok());
}

/// A file in the layout of another program. Its energies follow that program's convention.
fn foreign(name: &str) -> PathBuf {
    fixture("foreign").join(name)
}

fn foreign_energies() -> Value {
    serde_json::from_slice(&std::fs::read(foreign("expected.json")).unwrap()).unwrap()
}

/// Asserts that a machine has the expected energies of all configurations, up to one constant. Energies are given to
/// eight decimals. Parameters are rounded to single precision, about 1e-7 each, and a few dozen are summed.
fn same_energies(name: &str, machine: &Machine, expected: &Value) {
    let expected: Vec<f64> = serde_json::from_value(expected.clone()).unwrap();
    let Machine { visible, hidden, .. } = *machine;
    assert_eq!(expected.len(), 1 << (visible + hidden), "{name}");
    let energy = |state: usize| {
        let spin = |bit: usize| if state >> bit & 1 == 1 { 1.0 } else { -1.0 };
        let pair = |index: usize| spin(index / hidden) * spin(visible + index % hidden);
        let weights: f64 = (0..visible * hidden).map(|k| f64::from(machine.weights[k]) * pair(k)).sum();
        let fields: f64 =
            machine.eta.iter().chain(&machine.theta).enumerate().map(|(k, &f)| f64::from(f) * spin(k)).sum();
        -weights - fields
    };
    let constant = energy(0) - expected[0];
    for (state, expected) in expected.iter().enumerate() {
        let difference = energy(state) - expected - constant;
        assert!(difference.abs() < 1e-5, "{name}, state {state}: {difference}");
    }
}

#[test]
fn machines_of_other_programs_have_the_energies_of_their_own_formulas() {
    let all = foreign_energies();
    for (name, model_type, units) in [
        ("julia-spin.h5", Some("RBM (Spin, Spin)"), Units::Ising),
        ("julia-binary.h5", Some("RBM (Binary, Binary)"), Units::Bernoulli),
        ("julia-image.h5", Some("RBM (Binary, Spin)"), Units::Bernoulli),
        ("julia-centered.h5", Some("CenteredRBM (Binary, Binary)"), Units::Bernoulli),
        ("julia-standardized.h5", Some("StandardizedRBM (Spin, Binary)"), Units::Ising),
        ("sklearn.npz", Some("BernoulliRBM"), Units::Bernoulli),
        ("sklearn-square.npz", Some("BernoulliRBM"), Units::Bernoulli),
        ("half.npz", None, Units::Ising),
        ("half.h5", Some("BBRBM"), Units::Bernoulli),
        ("half-big.h5", Some("IIRBM"), Units::Ising),
    ] {
        let reader = ModelReader::open(&foreign(name), None).unwrap();
        assert_eq!((reader.model_type(), reader.units()), (model_type, units), "{name}");
        assert!(reader.notes(None).unwrap().is_empty(), "{name}");
        same_energies(name, &reader.machine(None).unwrap(), &all[name]);
        let other = if units == Units::Ising { Units::Bernoulli } else { Units::Ising };
        assert!(matches!(ModelReader::open(&foreign(name), Some(other)), Err(ModelError::Units { .. })), "{name}");
    }
}

#[test]
fn weights_the_other_way_round_are_known_by_the_biases_and_noted() {
    let all = foreign_energies();
    for name in ["transposed.npz", "transposed.h5"] {
        let reader = ModelReader::open(&foreign(name), None).unwrap();
        same_energies(name, &reader.machine(None).unwrap(), &all[name]);
        assert!(reader.notes(None).unwrap()[0].contains("[hidden, visible]"), "{name}");
    }
}

#[test]
fn weights_alone_are_a_machine_without_fields_which_is_noted() {
    let all = foreign_energies();
    for name in ["weights.npy", "weights-half.npy", "weights.npz"] {
        let path = foreign(name);
        // Not accepted as a model, since the file may hold data.
        assert!(matches!(ModelReader::open(&path, None), Err(ModelError::Format { .. })));
        let reader = ModelReader::open_weights(&path, None).unwrap();
        same_energies(name, &reader.machine(None).unwrap(), &all[name]);
        let note = &reader.notes(None).unwrap()[0];
        assert!(note.contains("4 × 3") && note.contains("fields are taken to be 0, units to be ±1"), "{note}");
    }
    let reader = ModelReader::open_weights(&foreign("weights.npy"), Some(Units::Bernoulli)).unwrap();
    let machine = reader.machine(None).unwrap();
    // The fields of the ±1 form are the sums of its weights, which are a quarter of those in {0, 1} units.
    let sum = machine.weights[..3].iter().sum::<f32>();
    assert!((machine.eta[0] - sum).abs() < 1e-6, "{} {sum}", machine.eta[0]);
    assert!(reader.notes(None).unwrap()[0].contains("biases of the {0, 1} units are taken to be 0"));
    let said = ModelReader::open_weights(&foreign("vector.npy"), None).unwrap_err().to_string();
    assert!(said.contains("shape [4]: weights have two dimensions"), "{said}");
}

#[test]
fn a_unit_of_labels_is_refused_without_its_state_and_exact_with_it() {
    let all = foreign_energies();
    let open = |label| ModelReader::open(&foreign("annadca.h5"), None).unwrap().with_label(label);
    let refused = |label| match open(label).machine(None) {
        Err(ModelError::Labels { reason, .. }) => reason,
        other => panic!("{other:?}"),
    };
    assert!(refused(None).contains("one unit of 5 states"));
    assert!(refused(Some(5)).contains("its 5 labels are counted from 0"));
    for label in 0..5 {
        let reader = open(Some(label));
        same_energies("annadca.h5", &reader.machine(None).unwrap(), &all["annadca.h5"][label]);
        assert!(reader.notes(None).unwrap()[0].contains(&format!("given label {label}")));
    }
    for name in ["half.h5", "half.npz"] {
        let without = ModelReader::open(&foreign(name), None).unwrap().with_label(Some(0)).machine(None);
        assert!(matches!(without, Err(ModelError::Labels { .. })));
    }
    let potts = ModelReader::open(&foreign("annadca-potts.h5"), None).unwrap().with_label(Some(0)).machine(None);
    assert!(potts.unwrap_err().to_string().contains("three dimensions are Potts units"));
}

#[test]
fn files_that_are_no_models_are_called_what_they_are() {
    let said = |name: &str| ModelReader::open(&foreign(name), None).unwrap_err().to_string();
    assert!(said("model.json").contains("JSON") && said("model.json").contains("a model is an HDF5 file"));
    assert!(said("model.pkl").contains("Python pickle"));
    assert!(said("model.pt").contains("PyTorch") && said("model.pt").contains("numpy.savez"));
    assert!(said("weights.npy").contains("a NumPy array alone"));
    assert!(said("chunk.h5.gz").contains("gzip"));
    assert!(said("julia-potts.h5").contains("RBM with Potts visible units"));
    assert!(ModelReader::open(Path::new("/dev/zero"), None).unwrap_err().to_string().contains("a pipe or device"));
    let tables = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tables/rbms.h5");
    let data = ModelReader::open(&tables, None).unwrap_err().to_string();
    assert!(data.contains("it has no groups update_N; it has") && data.contains("samples"), "{data}");
}

/// Assumptions about a file are in the first line and in the JSON of each command that reads it.
#[test]
fn commands_say_what_they_suppose_of_a_model() {
    let folder = tempfile::tempdir().unwrap();
    let run = |command: &str, more: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_spectral-rbm"))
            .arg(command)
            .args(more)
            .arg("--quiet")
            .args(["--out", folder.path().to_str().unwrap()])
            .output()
            .unwrap();
        let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
        (output.status.code().unwrap(), said)
    };
    let path = |name: &str| foreign(name).to_str().unwrap().to_owned();
    for (name, more, note) in [
        ("weights.npy", &[][..], "the file has weights alone"),
        ("annadca.h5", &["--label", "2"], "the machine given label 2"),
        ("transposed.npz", &[], "transposed"),
    ] {
        let file = path(name);
        for command in ["inspect", "spectrum", "sample"] {
            let arguments = [&[file.as_str()], more].concat();
            let (code, [said, complaint]) = run(command, &arguments);
            assert_eq!(code, 0, "{complaint}");
            let first = said.lines().next().unwrap();
            assert!(first.starts_with("model: ") && first.contains(note), "{command}: {first}");
            let (_, [json, _]) = run(command, &[&arguments[..], &["--format", "json"]].concat());
            let json: Value = serde_json::from_str(&json).unwrap();
            let notes = if command == "inspect" { &json["model"]["notes"] } else { &json["model_notes"] };
            assert!(notes[0].as_str().unwrap().contains(note), "{command}: {json}");
        }
    }
    for command in ["inspect", "spectrum", "sample"] {
        for (name, said) in [("annadca.h5", "--label K"), ("model.json", "JSON"), ("model.pt", "PyTorch")] {
            let (code, [_, complaint]) = run(command, &[&path(name)]);
            assert!(code == 2 && complaint.contains(said) && complaint.lines().count() == 1, "{complaint}");
        }
    }
}

/// The expected content of the file, for the Python script.
fn write_expected(file: &ModelFile, path: &Path) {
    let mut archive = archive_at(path);
    let mut updates: Vec<u64> = file.checkpoints.iter().map(|checkpoint| checkpoint.update).collect();
    updates.sort_unstable();
    put(&mut archive, "updates", &[updates.len()], &updates);
    for Checkpoint { update, time, machine } in &file.checkpoints {
        put(&mut archive, &format!("weights_{update}"), &[machine.visible, machine.hidden], &machine.weights);
        put(&mut archive, &format!("eta_{update}"), &[machine.visible], &machine.eta);
        put(&mut archive, &format!("theta_{update}"), &[machine.hidden], &machine.theta);
        put(&mut archive, &format!("time_{update}"), &[1], &[*time]);
    }
    let chains = file.chains.as_ref().unwrap();
    let values = (0..chains.samples()).flat_map(|k| (0..chains.units()).map(move |i| chains.value(k, i) as i8));
    put(&mut archive, "chains", &[chains.samples(), chains.units()], &values.collect::<Vec<_>>());
    for (name, array) in &file.extra {
        match array {
            Array::F32(shape, values) => put(&mut archive, name, shape, values),
            Array::F64(shape, values) => put(&mut archive, name, shape, values),
            Array::U64(shape, values) => put(&mut archive, name, shape, values),
            Array::Text(text) => put(&mut archive, name, &[text.len()], text.as_bytes()),
        }
    }
}

/// h5py reads the layout and the numbers of a file, in both units.
#[test]
#[ignore = "needs h5py, of the Python SPECTRAL_RBM_PYTHON"]
fn h5py_finds_the_layout_and_the_numbers() {
    let python = std::env::var_os("SPECTRAL_RBM_PYTHON").expect("SPECTRAL_RBM_PYTHON names a Python with h5py");
    let folder = tempfile::tempdir().unwrap();
    let (path, archive) = (folder.path().join("model.h5"), folder.path().join("expected.npz"));
    write_expected(&example(), &archive);
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/python/check_model_file.py");
    for units in [Units::Ising, Units::Bernoulli] {
        example().write(&path, units).unwrap();
        let output = Command::new(&python).arg(&script).args([&path, &archive]).output().unwrap();
        let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        assert!(output.status.success() && said[0].trim() == "ok", "{units:?}: {}", said[1]);
    }
}
