"""The widgets of a panel: core ones only, so that every Jupyter front end has them.

While a run is under way::

    VBox ─┬─ HTML     the style sheet, and words for those who listen
          ├─ HBox ─── Button ▸ · HTML name, bar, counts · Button Pause · Button Cancel
          └─ VBox ─┬─ HTML  what there is to say besides, the strip
           (opens) ├─ HBox  tabs · search · order · pages
                   └─ Box   one of: tasks · groups of failures · output

and when it has ended, in the same `VBox`, the same with other buttons, or the page that
the notebook keeps.

A drawing sends one message, and one more when a button changes: most of the time the
head; now and then what has opened, or the words.
"""

from nbparallel.views.widgets.panel import KEPT, PanelWidgets

__all__ = ["KEPT", "PanelWidgets"]
