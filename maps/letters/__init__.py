"""Letters as paper: drawn as PDF from what was frozen in them, and verified by everybody."""
