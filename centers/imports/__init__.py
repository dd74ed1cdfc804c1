"""Imports of the spreadsheets that national networks keep: columns, values, plans, writing.

A file goes through four steps, each of which can be taken again: its columns are told
(`columns`), its rows are checked against the register (`checking`, which reads the cells with
`values` and compares them with `plans`), suspected doubles are decided, and all of it is written
at once (`applying`).
"""
