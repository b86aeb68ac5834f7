"""What moved in an update, and what would have been if something in it had been otherwise.

On the thread that owns the run, in *improve* or *copy*:

    update = present_update(timeline)              # update.py: copies, so that the run may go on
    explanation = explain(update)                  # explanation.py: the sentences of WHY and their figures
    columns = finished(part_in_blocks(update, Part.STEP))  # each step's effect, also where it takes half a second

and at any moment, while the timeline stays where it is:

    explanation = explain_arrow(timeline, tile)        # arrows.py: why the arrow on a tile points where it does
    before = explain_arrow(timeline, *explanation.next)

Each has a form that ends in `_in_blocks`: a generator, which yields control between blocks of redone updates. Results
(`results.py`) and sentences need no torch. `run.tables`, if set, keeps the tables of all passes as they are made.
"""
