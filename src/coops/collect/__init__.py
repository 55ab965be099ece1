"""Before the data: questionnaires, workbook, guide, a new study from files or from a design."""
