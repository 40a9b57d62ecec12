// The text of an item, as /api/v1/submissions takes it: made once, and read back for a new draft.

/** @param {object} draft with its id, sequence and every value */
export function textOf({ id, form, form_version, sequence, observed_at, fix, revises, values }) {
  return JSON.stringify({
    instance_id: id,
    ...{ form, form_version, sequence, observed_at },
    geometry: fix ? { type: "Point", coordinates: [fix.longitude, fix.latitude] } : null,
    accuracy: accuracyOf(fix),
    altitude: fix?.altitude ?? null,
    mock: fix?.mock || undefined,
    revises: revises ?? undefined,
    values,
  });
}

// null is unknown; 0 says that a person put the pin there, never that the fix was perfect.
function accuracyOf(fix) {
  if (!fix) return null;
  return fix.placed ? 0 : (fix.accuracy ?? null);
}

/** What a draft needs to begin again from it. */
export function contentOf(body) {
  const { geometry, accuracy, altitude, mock, observed_at, revises, values } = JSON.parse(body);
  const [longitude, latitude] = geometry?.coordinates ?? [];
  const fix = geometry ? { longitude, latitude, accuracy, altitude, mock, placed: accuracy === 0 } : null;
  return { values, fix, observed_at, revises };
}
