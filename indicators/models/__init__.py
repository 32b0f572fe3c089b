from indicators.models.catalogue import Breakdown, BreakdownMargin, Category, Dimension, Indicator
from indicators.models.figure import ComputedFigure, Figure
from indicators.models.importing import Import, ImportMessage, Mapping, Source
from indicators.models.observation import Observation
from indicators.models.period import Period
from indicators.models.release import Release, ReleasedFigure
from indicators.models.work import DirtyMark, FigureAudit, FigureDifference, RollupRun, Slice

__all__ = [
    "Breakdown",
    "BreakdownMargin",
    "Category",
    "ComputedFigure",
    "Dimension",
    "DirtyMark",
    "Figure",
    "FigureAudit",
    "FigureDifference",
    "Import",
    "ImportMessage",
    "Indicator",
    "Mapping",
    "Observation",
    "Period",
    "Release",
    "ReleasedFigure",
    "RollupRun",
    "Slice",
    "Source",
]
