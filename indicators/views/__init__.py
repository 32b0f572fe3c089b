from indicators.views.catalogue import IndicatorListView, IndicatorView
from indicators.views.entry import EntryView
from indicators.views.figures import FigureView
from indicators.views.imports import (
    ImportApproveView,
    ImportCreateView,
    ImportDetailView,
    ImportListView,
    ImportMessagesView,
    ImportProgressView,
    ImportStoreView,
    ImportUndoView,
    MappingTemplateView,
    MappingView,
)
from indicators.views.quality import FindingsAcceptView
from indicators.views.releases import ReleaseCreateView, ReleaseListView
from indicators.views.reports import (
    ReportAnswerView,
    ReportApproveView,
    ReportAskView,
    ReportDetailView,
    ReportListView,
    ReportReturnView,
    ReportSheetView,
    ReportUploadView,
    RequestWithdrawView,
)
from indicators.views.runs import RunListView, SliceRetryView
from indicators.views.territories import TerritoryListView, TerritoryView, territory_outlines

__all__ = [
    "EntryView",
    "FigureView",
    "FindingsAcceptView",
    "ImportApproveView",
    "ImportCreateView",
    "ImportDetailView",
    "ImportListView",
    "ImportMessagesView",
    "ImportProgressView",
    "ImportStoreView",
    "ImportUndoView",
    "IndicatorListView",
    "IndicatorView",
    "MappingTemplateView",
    "MappingView",
    "ReleaseCreateView",
    "ReleaseListView",
    "ReportAnswerView",
    "ReportApproveView",
    "ReportAskView",
    "ReportDetailView",
    "ReportListView",
    "ReportReturnView",
    "ReportSheetView",
    "ReportUploadView",
    "RequestWithdrawView",
    "RunListView",
    "SliceRetryView",
    "TerritoryListView",
    "TerritoryView",
    "territory_outlines",
]
