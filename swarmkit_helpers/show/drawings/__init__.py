"""How each figure is drawn; `show.figures` is the way in. These modules import matplotlib."""
