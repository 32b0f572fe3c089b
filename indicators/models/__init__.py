from indicators.models.catalogue import (
    Breakdown,
    BreakdownMargin,
    Category,
    Dimension,
    Identity,
    Indicator,
    IndicatorVersion,
)
from indicators.models.confidential import ConfidentialAccess, ConfidentialViewing
from indicators.models.figure import ComputedFigure, ComputedPlace, Figure
from indicators.models.importing import ImportBatch, ImportMessage, SavedMapping, Source
from indicators.models.observation import Observation
from indicators.models.period import Period
from indicators.models.protection import ProtectionChange
from indicators.models.quality import Finding, ImportChange, QualityRule
from indicators.models.release import Release, ReleasedDimension, ReleasedFigure, ReleasedIndicator
from indicators.models.release_file import ReleaseFile
from indicators.models.reporting import Report, ReportAnswer, ReportReminder, ReportRequest, ReportStep
from indicators.models.target import Target
from indicators.models.work import DirtyMark, FigureAudit, FigureDifference, RollupRun, Slice

__all__ = [
    "Breakdown",
    "BreakdownMargin",
    "Category",
    "ComputedFigure",
    "ComputedPlace",
    "ConfidentialAccess",
    "ConfidentialViewing",
    "Dimension",
    "DirtyMark",
    "Figure",
    "FigureAudit",
    "FigureDifference",
    "Finding",
    "Identity",
    "ImportBatch",
    "ImportChange",
    "ImportMessage",
    "Indicator",
    "IndicatorVersion",
    "Observation",
    "Period",
    "ProtectionChange",
    "QualityRule",
    "Release",
    "ReleaseFile",
    "ReleasedDimension",
    "ReleasedFigure",
    "ReleasedIndicator",
    "Report",
    "ReportAnswer",
    "ReportReminder",
    "ReportRequest",
    "ReportStep",
    "RollupRun",
    "SavedMapping",
    "Slice",
    "Source",
    "Target",
]
