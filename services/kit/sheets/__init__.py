"""Excel in and out: hostile files refused, rows read as typed text, templates and exports written (manual 导入, 导出)."""
