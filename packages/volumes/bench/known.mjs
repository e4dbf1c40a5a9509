// Where answers differ and should: a row is a pattern of names, for some a library, and the reason.

/** What is refused here and read there. */
export const expectedRefusals = [
  [/format_edge\/dicom_gap$/, "a slice is missing, which others stack over"],
  [/format_edge\/dicom_gantry_tilt$/, "the slices are sheared, which others straighten without a word"],
  [/dicom_variable_spacing_ge$/, "a tilted gantry and steps of 1.14 to 7.38 mm"],
  [/dicom_misc\/highdicom\/(seg|dx)_/, "a segmentation or a projection is no scan"],
  [/nrrd_misc\/.*_bz2\.nrrd$/, "bzip2, which ITK refuses too"],
];

/** What another library refuses or reads in another way, and why. */
export const otherwiseRead = [
  [/n2\.nii\.gz$|nifti2\.nii\.gz$/, "SimpleITK", "SimpleITK's wheel has no NIfTI-2; nibabel agrees"],
  [/nrrd_misc\/BallBinary30x30x30_nifti\.nhdr$/, "pynrrd", "pynrrd wants data files without more; SimpleITK agrees"],
  [/nrrd_misc\/test_simple4d_raw\.nrrd$/, "SimpleITK", "a fourth axis of size 1; pynrrd agrees"],
  [/nrrd_misc\/test2d_ascii\.nrrd$/, "pynrrd", "compare.py asks pynrrd for three dimensions; SimpleITK agrees"],
  [/eCT_Supplemental\.dcm$|CT0012\.fragmented.*\.dcm$/, "pydicom", "compare.py asks pydicom for images of one frame"],
  [/CT2_J2KR$/, "pydicom", "one slice has no step to another; SimpleITK agrees"],
  [/JPEGProcess(10_12|6_8)Transfer/, "pydicom", "pylibjpeg does not decode it"],
  [/JPEGProcess(1|2_4)Transfer/, "pydicom", "lossy JPEG, where pylibjpeg rounds otherwise; SimpleITK agrees"],
];
