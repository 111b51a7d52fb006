"""An episode on its way: treatments, endings, the visits they plan, the closing of windows."""
