"""Pure ranking: one function per feature that builds its queries; popularity, rows, reasons."""
