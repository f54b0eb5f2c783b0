// A moment in a row: short, in the reader's time; the whole of it for whoever points at it.

import { moment, wholeMoment } from "./days.ts";

export function Moment({ time }: { readonly time: string }) {
  return (
    <time dateTime={time} title={wholeMoment(time)} className="nowrap">
      {moment(time)}
    </time>
  );
}
