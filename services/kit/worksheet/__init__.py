"""The list screen that every batch business shares: enter, import, correct, validate, submit (manual §5.1–5.4, §5.7, §6.2).

A business declares a `SheetSpec` (spec.py); `methods.worksheet_handlers` answers the RPCs; its submit calls
`submit.take` and `submit.clear_after_submit`. Nothing here knows any business.
"""
