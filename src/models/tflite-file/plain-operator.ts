/** What every operator that goby writes has alike. */

/** Custom options, where there are any, lie in the table itself. */
export const plainOperator = {
  customOptionsFormat: 'FLEXBUFFERS',
  largeCustomOptionsOffset: 0,
  largeCustomOptionsSize: 0,
} as const;
