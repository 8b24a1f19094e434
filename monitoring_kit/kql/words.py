"""The words of Kusto that are no columns: operators, keywords and functions.

Source: Microsoft's reference of the Kusto query language (scalar functions, aggregation functions, string operators).
"""

from __future__ import annotations


def words(text: str) -> frozenset[str]:
    """The words of a text, which are easier to read without quotes and commas."""
    return frozenset(text.split())


# Words that may stand in an expression or behind an operator.
KEYWORDS = words(
    "and or not in has has_cs has_any has_all hasprefix hassuffix hasprefix_cs hassuffix_cs contains contains_cs "
    "startswith startswith_cs endswith endswith_cs matches regex between like notlike notcontains notcontains_cs by "
    "asc desc nulls first last true false null with kind on to typeof where default step from of as bool boolean "
    "int long real double decimal string datetime date timespan time guid dynamic"
)

AGGREGATIONS = words(
    "arg_max arg_min avg avgif binary_all_and binary_all_or binary_all_xor buildschema count countif count_distinct "
    "count_distinctif covariance dcount dcountif hll hll_if hll_merge make_bag make_bag_if make_list make_list_if "
    "make_list_with_nulls make_set make_set_if max maxif min minif percentile percentiles percentilew percentilesw "
    "percentiles_array percentilesw_array stdev stdevif stdevp sum sumif take_any take_anyif tdigest tdigest_merge "
    "variance varianceif variancep"
)

_SCALAR = words(
    "abs acos ago array_concat array_iff array_index_of array_length array_reverse array_rotate_left array_slice "
    "array_sort_asc array_sort_desc array_split array_sum asin atan atan2 bag_has_key bag_keys bag_merge bag_pack "
    "bag_remove_keys bag_set_key base64_decode_tostring base64_encode_tostring beta_cdf bin bin_at bin_auto "
    "binary_and binary_not binary_or binary_shift_left binary_shift_right binary_xor bitset_count_ones bool case "
    "ceiling coalesce column_ifexists cos cot countof current_cluster_endpoint current_database datetime "
    "datetime_add datetime_diff datetime_local_to_utc datetime_part datetime_utc_to_local dayofmonth dayofweek "
    "dayofyear dcount_hll decimal degrees double dynamic dynamic_to_json endofday endofmonth endofweek endofyear "
    "estimate_data_size exp exp10 exp2 extract extract_all extract_json extractjson floor format_bytes "
    "format_datetime format_ipv4 format_timespan gamma geo_distance_2points getmonth gettype getyear "
    "gzip_decompress_from_base64_string guid has_any_index has_ipv4 hash hash_md5 hash_sha1 hash_sha256 "
    "hash_xxhash64 hourofday iff iif indexof indexof_regex ingestion_time int ipv4_compare ipv4_is_in_range "
    "ipv4_is_match ipv4_is_private ipv4_netmask_suffix isascii isempty isfinite isinf isnan isnotempty isnotnull "
    "isnull isutf8 jaccard_index log log10 log2 loggamma long make_datetime make_string make_timespan max_of min_of "
    "monthofyear new_guid next not notempty notnull now pack pack_all pack_array pack_dictionary parse_command_line "
    "parse_csv parse_ipv4 parse_ipv4_mask parse_ipv6 parse_json parse_path parse_url parse_urlquery "
    "parse_user_agent parse_version parse_xml percentile_tdigest percentrank_tdigest pi pow prev punycode_to_string "
    "radians rand range rank_tdigest real regex_quote repeat replace replace_regex replace_string replace_strings "
    "reverse round row_cumsum row_number row_rank_dense row_rank_min row_window_session series_decompose_anomalies "
    "set_difference set_equals set_has_element set_intersect set_union sign sin split sqrt startofday startofmonth "
    "startofweek startofyear strcat strcat_array strcat_delim strcmp string strlen strrep string_size substring tan "
    "time timespan tobool toboolean todatetime todecimal todouble todynamic toguid tohex toint tojson tolong "
    "tolower toobject toreal toscalar tostring totimespan toupper translate treepath trim trim_end trim_start "
    "unixtime_microseconds_todatetime unixtime_milliseconds_todatetime unixtime_seconds_todatetime url_decode "
    "url_encode url_encode_component week_of_year welch_test zip zlib_decompress_from_base64_string materialize app "
    "workspace resource datatable externaldata"
)

FUNCTIONS = AGGREGATIONS | _SCALAR
