// Documents for tests of reading them, made here: a PDF, a Word document and a workbook as small as they can be, and archives that lie.

import { zipSync, strToU8, type Zippable } from "fflate";

/** A PDF with these pages of text, uncompressed; a line of text is a line of the page. `locked` says that it is encrypted, with a password that nobody knows. */
export function pdf(pages: readonly string[], { locked = false }: { locked?: boolean } = {}): Uint8Array {
  const kids = pages.map((_page, index) => `${4 + index * 2} 0 R`).join(" ");
  const objects = [
    "<< /Type /Catalog /Pages 2 0 R >>",
    `<< /Type /Pages /Kids [${kids}] /Count ${pages.length} >>`,
    "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ...pages.flatMap((text, index) => {
      const shown = text
        .split("\n")
        .map((line) => `(${line}) Tj`)
        .join(" T* ");
      const content = `BT /F1 12 Tf 14 TL 72 720 Td ${shown} ET`;
      return [
        `<< /Type /Page /Parent 2 0 R /Contents ${5 + index * 2} 0 R /Resources << /Font << /F1 3 0 R >> >> >>`,
        `<< /Length ${content.length} >>\nstream\n${content}\nendstream`,
      ];
    }),
    ...(locked ? [LOCK] : []),
  ];
  let file = "%PDF-1.4\n";
  const offsets = objects.map((object, index) => {
    const at = file.length;
    file += `${index + 1} 0 obj\n${object}\nendobj\n`;
    return at;
  });
  const table = offsets.map((offset) => `${String(offset).padStart(10, "0")} 00000 n \n`).join("");
  const lock = locked ? ` /Encrypt ${objects.length} 0 R /ID [<${"0".repeat(32)}> <${"0".repeat(32)}>]` : "";
  const trailer = `trailer\n<< /Size ${objects.length + 1} /Root 1 0 R${lock} >>\nstartxref\n${file.length}\n%%EOF\n`;
  return strToU8(`${file}xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${table}${trailer}`, true);
}

const LOCK = `<< /Filter /Standard /V 1 /R 2 /Length 40 /P -4 /O <${"ab".repeat(32)}> /U <${"cd".repeat(32)}> >>`;

const TYPES = `<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/></Types>`;
const RELATIONSHIPS = "http://schemas.openxmlformats.org/package/2006/relationships";
const OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

/** A Word document of these paragraphs; `more` adds parts to its archive. */
export function docx(paragraphs: readonly string[], more: Zippable = {}): Uint8Array {
  const body = paragraphs.map((text) => `<w:p><w:r><w:t>${text}</w:t></w:r></w:p>`).join("");
  return zipSync({
    "[Content_Types].xml": strToU8(TYPES),
    "_rels/.rels": strToU8(relations(`<Relationship Id="r1" Type="${OFFICE}/officeDocument" Target="word/document.xml"/>`)),
    "word/document.xml": strToU8(
      `<?xml version="1.0"?><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>${body}</w:body></w:document>`,
    ),
    ...more,
  });
}

/** A workbook of one sheet; numbers stay numbers. */
export function xlsx(name: string, rows: readonly (readonly (string | number)[])[], more: Zippable = {}): Uint8Array {
  const cells = rows.map((row, y) => {
    const inside = row.map((cell, x) => {
      const at = `${String.fromCodePoint(65 + x)}${y + 1}`;
      return typeof cell === "number" ? `<c r="${at}"><v>${cell}</v></c>` : `<c r="${at}" t="inlineStr"><is><t>${cell}</t></is></c>`;
    });
    return `<row r="${y + 1}">${inside.join("")}</row>`;
  });
  const main = `xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="${OFFICE}"`;
  return zipSync({
    "[Content_Types].xml": strToU8(TYPES),
    "_rels/.rels": strToU8(relations(`<Relationship Id="r1" Type="${OFFICE}/officeDocument" Target="xl/workbook.xml"/>`)),
    "xl/_rels/workbook.xml.rels": strToU8(relations(`<Relationship Id="rId1" Type="${OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>`)),
    "xl/workbook.xml": strToU8(
      `<?xml version="1.0"?><workbook ${main}><sheets><sheet name="${name}" sheetId="1" r:id="rId1"/></sheets></workbook>`,
    ),
    "xl/worksheets/sheet1.xml": strToU8(`<?xml version="1.0"?><worksheet ${main}><sheetData>${cells.join("")}</sheetData></worksheet>`),
    ...more,
  });
}

function relations(inside: string): string {
  return `<?xml version="1.0"?><Relationships xmlns="${RELATIONSHIPS}">${inside}</Relationships>`;
}

/** An archive whose first part says that it unpacks to `size` bytes, whatever it holds. */
export function lyingAbout(archive: Uint8Array, part: string, size: number): Uint8Array {
  const bytes = Buffer.from(archive);
  const directory = bytes.lastIndexOf(Buffer.from(part)) - 46;
  bytes.writeUInt32LE(size, directory + 24);
  return bytes;
}
