"""Files that belong to submissions: taken in piece by piece (`tus`, `uploads`), kept as they were
sent (`originals`), drawn anew by a confined child (`pictures`, `redraw`) and given to the features
that their submissions became (`settling`)."""
