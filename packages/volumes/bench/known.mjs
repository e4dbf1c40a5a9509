// Where answers differ and should. A row names files and libraries, the one difference that it excuses with its size, and the reason:
//   refusedHere   the tag of our refusal of what is read there
//   refusedThere  words of the refusal there of what is read here
//   spacing, origin, direction   by how much at most (mm; directions without a unit)
//   voxels        how many at most, and by how much at most

const [itk, pydicom, pynrrd] = ["SimpleITK", "pydicom", "pynrrd"];
const oneFrame = "compare.py asks pydicom for images of one frame";
const rounding = "lossy JPEG, where pylibjpeg rounds otherwise; SimpleITK agrees";

const known = [
  { name: /format_edge\/dicom_gap$/, by: [itk, pydicom], refusedHere: "Uneven", why: "a slice is missing, which others stack over" },
  {
    name: /format_edge\/dicom_gantry_tilt$/,
    by: [itk, pydicom],
    refusedHere: "Uneven",
    why: "the slices are sheared, which others straighten without a word",
  },
  { name: /dicom_variable_spacing_ge$/, by: [itk, pydicom], refusedHere: "Uneven", why: "a tilted gantry and steps of 1.14 to 7.38 mm" },
  { name: /highdicom\/seg_image_ct_\w+\.dcm$/, by: [itk], refusedHere: "Unsupported", why: "a segmentation is no scan" },
  { name: /highdicom\/dx_image\.dcm$/, by: [itk], refusedHere: "Malformed", why: "a projection does not say where it lies" },
  { name: /nrrd_misc\/.*_bz2\.nrrd$/, by: [pynrrd], refusedHere: "Unsupported", why: "bzip2, which ITK refuses too" },
  {
    name: /\/(n2|avg152T1_LR_nifti2)\.nii\.gz$/,
    by: [itk],
    refusedThere: /Unable to determine ImageIO reader/,
    why: "SimpleITK's wheel has no NIfTI-2; nibabel agrees",
  },
  {
    name: /nrrd_misc\/BallBinary30x30x30_nifti\.nhdr$/,
    by: [pynrrd],
    refusedThere: /does not equal the product of all the dimensions/,
    why: "pynrrd wants data files without more; SimpleITK agrees",
  },
  {
    name: /nrrd_misc\/test_simple4d_raw\.nrrd$/,
    by: [itk],
    refusedThere: /number of domain axes/,
    why: "a fourth axis of size 1; pynrrd agrees",
  },
  {
    name: /nrrd_misc\/test2d_ascii\.nrrd$/,
    by: [pynrrd],
    refusedThere: /^shape \(3, 9\)$/,
    why: "compare.py asks pynrrd for three dimensions; SimpleITK agrees",
  },
  { name: /\/eCT_Supplemental\.dcm$/, by: [pydicom], refusedThere: /ImageOrientationPatient/, why: oneFrame },
  { name: /\/CT0012\.fragmented_no_bot_.*\.dcm$/, by: [pydicom], refusedThere: /ImageOrientationPatient/, why: oneFrame },
  { name: /\/CT2_J2KR$/, by: [pydicom], spacing: 9, why: "one slice has no step to another; SimpleITK agrees" },
  {
    name: /JPEGProcess(10_12|6_8)Transfer/,
    by: [pydicom],
    refusedThere: /Unable to decode the pixel data/,
    why: "pylibjpeg does not decode it",
  },
  { name: /JPEGProcess1Transfer/, by: [pydicom], voxels: { count: 4472, by: 32.2 }, why: rounding },
  { name: /JPEGProcess2_4Transfer/, by: [pydicom], voxels: { count: 10998, by: 2.001 }, why: rounding },
];

const used = new Set();

/** The reason why all differences between two answers to one file should be, or undefined where one of them should not or is larger. */
export function excuseOf(name, library, differences) {
  const reasons = differences.map((difference) => {
    const row = known.find((one) => one.by.includes(library) && one.name.test(name) && covers(one, difference));
    used.add(row);
    return row?.why;
  });
  return reasons.every((why) => why !== undefined) ? [...new Set(reasons)].join("; ") : undefined;
}

/** The rows that have excused nothing. */
export const idleRows = () => known.filter((row) => !used.has(row)).map(({ name, by }) => `${name} · ${by.join(", ")}`);

function covers(row, { kind, size, words, count }) {
  const limit = row[kind];
  if (limit === undefined) return false;
  if (kind === "refusedHere") return size === limit;
  if (kind === "refusedThere") return limit.test(words);
  return kind === "voxels" ? count <= limit.count && size <= limit.by : size <= limit;
}
