// The phone's own clock. Nothing is ordered by it: that is what the sequence is for.

/** Whether a time that we set ourselves is still to come. One further off than we ever set it was
 *  set by a clock that has been put back since. */
export const ahead = (at, longest) => at > Date.now() && at - Date.now() <= longest;

const two = (number) => String(number).padStart(2, "0");

/** RFC 3339 with the phone's offset, as in 2026-11-22T09:30:00+08:00. */
export function stamp(date = new Date()) {
  const behind = date.getTimezoneOffset();
  const [hours, minutes] = [Math.trunc(Math.abs(behind) / 60), Math.abs(behind) % 60];
  const local = new Date(date.getTime() - behind * 60_000).toISOString().slice(0, 19);
  return `${local}${behind > 0 ? "-" : "+"}${two(hours)}:${two(minutes)}`;
}
