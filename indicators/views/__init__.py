from indicators.views.catalogue import IndicatorChartView, IndicatorListView, IndicatorView
from indicators.views.compare import CompareChartView, CompareView
from indicators.views.describing import ImportMapView, MappingSaveView, RefusedRowsView
from indicators.views.desk import DeskView
from indicators.views.downloads import release_download
from indicators.views.editing import (
    DefinitionCheckView,
    IndicatorCreateView,
    IndicatorHistoryView,
    IndicatorRestoreView,
    IndicatorRetireView,
    IndicatorUpdateView,
    ProtectionDecisionView,
)
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
from indicators.views.releases import (
    ReleaseApproveView,
    ReleaseCreateView,
    ReleaseDetailView,
    ReleaseDiscardView,
    ReleaseListView,
    ReleaseRecallView,
)
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
from indicators.views.targets import TargetCreateView, TargetRemoveView
from indicators.views.territories import TerritoryListView, TerritoryView, territory_outlines
from indicators.views.true_figures import TrueAccessView, TrueViewingListView

__all__ = [
    "CompareChartView",
    "CompareView",
    "DefinitionCheckView",
    "DeskView",
    "EntryView",
    "FigureView",
    "FindingsAcceptView",
    "ImportApproveView",
    "ImportCreateView",
    "ImportDetailView",
    "ImportListView",
    "ImportMapView",
    "ImportMessagesView",
    "ImportProgressView",
    "ImportStoreView",
    "ImportUndoView",
    "IndicatorChartView",
    "IndicatorCreateView",
    "IndicatorHistoryView",
    "IndicatorListView",
    "IndicatorRestoreView",
    "IndicatorRetireView",
    "IndicatorUpdateView",
    "IndicatorView",
    "MappingSaveView",
    "MappingTemplateView",
    "MappingView",
    "ProtectionDecisionView",
    "RefusedRowsView",
    "ReleaseApproveView",
    "ReleaseCreateView",
    "ReleaseDetailView",
    "ReleaseDiscardView",
    "ReleaseListView",
    "ReleaseRecallView",
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
    "TargetCreateView",
    "TargetRemoveView",
    "TerritoryListView",
    "TerritoryView",
    "TrueAccessView",
    "TrueViewingListView",
    "release_download",
    "territory_outlines",
]
