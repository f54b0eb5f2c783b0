// Which requests bring a form.

/** Whether a content type is that of a form with parts. */
export function isForm(contentType: string | null | undefined): boolean {
  return /^multipart\/form-data *;/i.test(contentType ?? "");
}
