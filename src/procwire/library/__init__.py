"""What ``import procwire`` offers: recordings and live traffic as Python objects and as Arrow tables.

Loads nothing by itself: looking for one of its modules, as the doctor does, must not load the others.
"""
