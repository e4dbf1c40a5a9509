/** The images of a study that an object for a PACS speaks of: its UIDs, which make the PACS file it beside them. */
export interface ScanReference {
  readonly studyUid: string;
  readonly seriesUid: string;
  readonly frameOfReferenceUid: string;
  /** The SOPInstanceUIDs of the slices, in the order of the volume's z. */
  readonly instanceUids: readonly string[];
  /** The SOPClassUID of the slices; CT images unless told. */
  readonly imageClassUid?: string;
  /**
   * What a PACS asks for besides: it files by PatientID too. Passed on purpose; what is left out is written as unknown, never made up.
   */
  readonly patient?: {
    readonly id?: string;
    /** As DICOM writes it: family name^given name. */
    readonly name?: string;
    /** YYYYMMDD. */
    readonly birthDate?: string;
    /** M, F or O. */
    readonly sex?: string;
  };
  readonly study?: {
    readonly id?: string;
    /** YYYYMMDD and HHMMSS. */
    readonly date?: string;
    readonly time?: string;
    readonly accessionNumber?: string;
    readonly referringPhysician?: string;
  };
}

/** What a new object needs of its own. */
export interface DicomObjectOptions {
  /** Makes a UID at each call, see `createDicomUid`. */
  readonly newUid: () => string;
  /** When the object is made; it is written as UTC. */
  readonly date: Date;
  /** What made the findings. */
  readonly device?: {
    readonly manufacturer?: string;
    readonly model?: string;
    readonly version?: string;
    readonly serialNumber?: string;
  };
  readonly seriesNumber?: number;
  /** How the new series is called in a viewer. */
  readonly seriesDescription?: string;
}

/** Elements by the keywords of PS3.6, as dcmjs takes them. */
export type Elements = Record<string, unknown>;

const ctImageStorage = "1.2.840.10008.5.1.4.1.1.2";

/** The elements that every object has: patient, study, series, equipment. Throws a RangeError for what DICOM has no room for. */
export function commonElements(scan: ScanReference, options: DicomObjectOptions, who: string): Elements {
  const { patient = {}, study = {} } = scan;
  const { date, device = {}, seriesNumber = 1000, seriesDescription } = options;
  if (Number.isNaN(date.getTime())) throw new RangeError(`${who}: date is invalid, expected the time when the object is made`);
  if (!(Number.isInteger(seriesNumber) && seriesNumber >= 0 && seriesNumber < 2 ** 31))
    throw new RangeError(`${who}: seriesNumber is ${seriesNumber}, expected a whole number from 0`);
  for (const [name, uid] of [
    ["studyUid", scan.studyUid],
    ["seriesUid", scan.seriesUid],
    ["frameOfReferenceUid", scan.frameOfReferenceUid],
  ] as const)
    checkUid(uid, name, who);
  for (const uid of scan.instanceUids) checkUid(uid, "an instance UID", who);
  const text = (value: string | undefined, name: string, most = 64): string => checkText(value ?? "", name, who, most);
  const [day, time] = timeOf(date);
  return {
    SpecificCharacterSet: "ISO_IR 192",
    PatientName: text(patient.name, "patient.name"),
    PatientID: text(patient.id, "patient.id"),
    PatientBirthDate: text(patient.birthDate, "patient.birthDate", 8),
    PatientSex: text(patient.sex, "patient.sex", 16),
    StudyInstanceUID: scan.studyUid,
    StudyID: text(study.id, "study.id", 16),
    StudyDate: text(study.date, "study.date", 8),
    StudyTime: text(study.time, "study.time", 14),
    AccessionNumber: text(study.accessionNumber, "study.accessionNumber", 16),
    ReferringPhysicianName: text(study.referringPhysician, "study.referringPhysician"),
    SeriesInstanceUID: options.newUid(),
    SeriesNumber: String(seriesNumber),
    ...(seriesDescription !== undefined && { SeriesDescription: text(seriesDescription, "seriesDescription") }),
    SOPInstanceUID: options.newUid(),
    InstanceNumber: "1",
    Manufacturer: text(device.manufacturer ?? "Gleaner", "device.manufacturer"),
    ManufacturerModelName: text(device.model ?? "Gleaner", "device.model"),
    SoftwareVersions: text(device.version ?? "unknown", "device.version"),
    DeviceSerialNumber: text(device.serialNumber ?? "none", "device.serialNumber"),
    ContentDate: day,
    ContentTime: time,
  };
}

/** References to the slices of a scan. */
export const instancesOf = ({ instanceUids, imageClassUid = ctImageStorage }: ScanReference): Elements[] =>
  instanceUids.map((uid) => ({ ReferencedSOPClassUID: imageClassUid, ReferencedSOPInstanceUID: uid }));

/** A date and a time as DICOM writes them, in UTC. */
function timeOf(date: Date): [string, string] {
  const digits = date.toISOString().replace(/\D/g, "");
  return [digits.slice(0, 8), digits.slice(8, 14)];
}

/** Refuses what dcmjs would cut with a word on the console, and what would end a value early. The value is not told: it may be the patient's. */
export function checkText(value: string, name: string, who: string, most = 64): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for.
  if (value.length > most || /[\\\u0000-\u001f]/.test(value))
    throw new RangeError(
      `${who}: ${name} has ${value.length} characters, expected at most ${most} without backslashes and control characters`,
    );
  return value;
}

function checkUid(uid: string, name: string, who: string): void {
  if (!isUid(uid)) throw new RangeError(`${who}: ${name} is ${JSON.stringify(uid)}, expected a DICOM UID of digits and dots`);
}

export const isUid = (uid: unknown): boolean => typeof uid === "string" && uid.length <= 64 && /^(0|[1-9]\d*)(\.(0|[1-9]\d*))+$/.test(uid);

/** A number as a decimal string of at most 16 characters, the most that DICOM has room for. */
export function decimal(value: number): string {
  for (let digits = 15; digits > 5; digits--) {
    const text = String(Number(value.toPrecision(digits)));
    if (text.length <= 16) return text;
  }
  return value.toExponential(5);
}
