// What was dropped or chosen: files with their folders, sorted by what can be done with them.

const PICTURES = /\.(jpe?g|jfif|png|webp|avif|gif|bmp|tiff?)$/i;
const TABLES = /\.(csv|tsv|txt|xml)$/i;
const ZIPS = /\.zip$/i;
const LITTER = /^(\..*|Thumbs\.db|desktop\.ini)$/i;

/** One file with the folder that it lay in, spelled as the service keeps it. */
class Found {
  constructor(file, folder, isReadable = true) {
    this.file = file;
    this.isReadable = isReadable;
    this.folder = spelled(folder);
    this.name = spelled(file.name);
    this.path = this.folder ? `${this.folder}/${this.name}` : this.name;
    this.size = file.size;
  }
}

/** Leave out of a name what cannot be seen, which the service does not keep either. */
function spelled(text) {
  return text.normalize("NFC").replace(/[\p{C}\p{Zl}\p{Zp}]/gu, "").replace(/\p{Zs}/gu, " ").replaceAll('"', "'").replaceAll("\\", "_").replace(/^\/+|\/+$/g, "");
}

/** List the files of a drop, those in folders too. Has to be called in the event itself. */
export async function filesOfDrop(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.length) return [...transfer.files].map((file) => new Found(file, ""));
  const found = [];
  for (const entry of entries) await walk(entry, "", found);
  return found;
}

async function walk(entry, folder, found) {
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) => entry.file(resolve, reject)).catch(() => null);
    found.push(new Found(file ?? { name: entry.name, size: 0 }, folder, file !== null));
    return;
  }
  const reader = entry.createReader();
  const inner = folder ? `${folder}/${entry.name}` : entry.name;
  for (;;) { // A reader hands out a hundred at a time.
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject)).catch(() => []);
    if (!some.length) return;
    for (const each of some) await walk(each, inner, found);
  }
}

/** List the files that an input of the page holds. */
export function filesOfInput(input) {
  return [...input.files].map((file) => new Found(file, file.webkitRelativePath.split("/").slice(0, -1).join("/")));
}

/** Tell pictures, ZIPs and tables from what cannot be used. */
export function sorted(found) {
  const kinds = { pictures: [], zips: [], tables: [], leftOut: [] };
  for (const each of found) {
    if (LITTER.test(each.name)) continue;
    if (!each.isReadable) kinds.leftOut.push(each);
    else if (PICTURES.test(each.name)) kinds.pictures.push(each);
    else if (ZIPS.test(each.name)) kinds.zips.push(each);
    else if (TABLES.test(each.name)) kinds.tables.push(each);
    else kinds.leftOut.push(each);
  }
  return kinds;
}

/** Cut pictures into batches of one folder, small enough that progress is seen. */
export function batches(pictures, { most = 10, bytes = 20_000_000 } = {}) {
  const made = [];
  let last = null;
  let size = 0;
  for (const each of [...pictures].sort((one, other) => (one.folder < other.folder ? -1 : one.folder > other.folder ? 1 : 0))) {
    if (!last || last[0].folder !== each.folder || last.length >= most || size + each.size > bytes) {
      last = [];
      size = 0;
      made.push(last);
    }
    last.push(each);
    size += each.size;
  }
  return made;
}
