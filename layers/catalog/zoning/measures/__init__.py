"""What of a parcel lies in what of a plan, in square metres: one in SQL, many in memory."""
